import type { BankDataService, Fetched } from '../bank-data/bank-data-service.ts';
import type { Bank } from '../banking/bank.ts';
import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import { ApiError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import type { CustomerService } from '../customers/customer-service.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { Answer, Idempotency } from '../platform/idempotency/idempotency.ts';
import type { Claim } from '../platform/idempotency/idempotency-store.ts';
import { enqueue } from '../platform/jobs/queue.ts';
import { type Db, type Tx, violatedUnique } from '../platform/postgres/pool.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import { keyOfBearerToken, matchesBearerToken } from './bearer-token.ts';
import { composeSession } from './new-session.ts';
import type { Refresh } from './refresh.ts';
import type { RefreshStore } from './refresh-store.ts';
import { endRenewed } from './renewal.ts';
import {
  endsAt,
  type FailureCode,
  isTerminal,
  ownerOf,
  type Session,
  type SessionEvent,
  type SessionKey,
  transition,
} from './session.ts';
import { announce } from './session-event.ts';
import type { CreateSessionBody } from './session-request.ts';
import { referenceConstraint, type SessionStore } from './session-store.ts';
import { toEventPayload, toSeedWords, toV3Words } from './session-wire.ts';

export interface SessionDeps {
  readonly db: Db;
  readonly store: SessionStore;
  readonly refreshes: RefreshStore;
  readonly clock: Clock;
  readonly customers: CustomerService;
  readonly institutions: InstitutionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
  /** Where the user of a new session goes: the flow's entry with this token. */
  readonly redirectUrlFor: (flowToken: string) => string;
}

export const fetchTask = 'session-fetch';

/** The job that reads the bank data of one session; there is never more than one. */
export function fetchJobKey(key: SessionKey): string {
  return `${fetchTask}:${key.merchantId}:${key.id}`;
}

/** Data sessions: made by the merchant, moved by the flow and by the job that reads the bank. */
export class SessionService {
  readonly #deps: SessionDeps;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /**
   * Creates a session, once per idempotency key, in one statement.
   * @throws ApiError VALIDATION that names the field; CONFLICT for a referenceId that was used
   */
  async create(principal: MerchantPrincipal, body: CreateSessionBody, claim: Claim | null): Promise<Answer> {
    const { db, store, idempotency } = this.#deps;
    const composed = await composeSession(this.#deps, principal, body).catch(async (error: unknown) => {
      // What was answered once stays answered, though time or settings may judge it otherwise by now.
      const earlier = claim && (await idempotency.replay(claim));
      if (earlier) return earlier;
      throw error;
    });
    if ('replayed' in composed) return composed;
    const { session, token } = composed;
    const answer = { status: 200, body: await this.#describeNew(session, principal, token) };
    try {
      if (!claim) {
        await store.insert(db, session);
        return { ...answer, replayed: false };
      }
      if (await store.insertOnce(db, session, claim, idempotency.seal(claim, answer)))
        return { ...answer, replayed: false };
    } catch (error) {
      if (violatedUnique(error) !== referenceConstraint) throw error;
      const refusal = await this.#referenceUsed(principal, session.referenceId);
      if (claim) await idempotency.rememberRefusal(claim, refusal);
      throw refusal;
    }
    return idempotency.replayOf(claim);
  }

  /** The session with its data once complete. @throws ApiError NOT_FOUND, also for another merchant's */
  async retrieve(principal: MerchantPrincipal, id: string) {
    const session = await this.own(principal, id);
    // Before the data: who is told that a refresh is complete must not be shown what was there before it.
    const refresh = await this.#refreshOf(session);
    const data =
      session.state.status === 'complete' ? await this.#deps.bankData.read(ownerOf(session)) : undefined;
    return toSeedWords(session, { ...(data && { data }), refresh });
  }

  /** The session in the words of the vendor's last client. @throws ApiError NOT_FOUND */
  async details(principal: MerchantPrincipal, id: string) {
    return toV3Words(await this.own(principal, id), principal.merchant.country);
  }

  /** One of the merchant's own. @throws ApiError NOT_FOUND, also for another merchant's */
  async own(principal: MerchantPrincipal, id: string): Promise<Session> {
    const key = { merchantId: principal.merchant.id, id };
    const session = isUuid(id)
      ? await this.#deps.store.find(this.#deps.db, key, principal.environment)
      : undefined;
    if (!session) throw new ApiError('NOT_FOUND', 'There is no data session with this id.');
    return session;
  }

  /** The session that a redirectUrl's token opens; undefined for any other token. */
  async findByFlowToken(token: string): Promise<Session | undefined> {
    const key = keyOfBearerToken(token);
    const session = key && (await this.find(key));
    return session && matchesBearerToken(token, session.flowTokenHash) ? session : undefined;
  }

  async find(key: SessionKey): Promise<Session | undefined> {
    return this.#deps.store.find(this.#deps.db, key);
  }

  /** The session, its state held until the transaction ends. */
  async lock(tx: Tx, key: SessionKey): Promise<Session | undefined> {
    return this.#deps.store.lock(tx, key);
  }

  /** Notes that the user was sent to a bank: from now on expiry leaves him time to come back. */
  async markBankOpened(tx: Tx, key: SessionKey): Promise<void> {
    await this.#deps.store.markBankOpened(tx, key, this.#deps.clock.now());
  }

  /**
   * The bank has authorised: stores the consent, makes the session pending and asks for the fetch, all in
   * the caller's transaction. False if the session is no longer started; the consent must then be ended.
   */
  async authorise(
    tx: Tx,
    key: SessionKey,
    granted: { bank: Bank; consent: BankConsent; psu: PsuContext },
  ): Promise<boolean> {
    const session = await this.lock(tx, key);
    if (session?.state.status !== 'started') return false;
    await this.#deps.consents.store(tx, {
      merchantId: session.merchantId,
      sessionId: session.id,
      environment: session.environment,
      permissions: this.#deps.institutions.readable(granted.bank, session.permissions),
      access: session.access,
      ...granted,
    });
    await endRenewed(this.#deps, tx, session);
    await this.#move(tx, session, { type: 'authorised' });
    await this.enqueueFetch(tx, key, 1);
    return true;
  }

  /** Ends a session that has not ended yet, and its consent. False if it had. */
  async fail(tx: Tx, key: SessionKey, failure: FailureCode): Promise<boolean> {
    const session = await this.lock(tx, key);
    if (!session || isTerminal(session.state.status)) return false;
    if (session.state.status === 'pending') {
      await this.#deps.consents.requestEnd(tx, session.merchantId, session.id);
      await this.#deps.bankData.erase(tx, ownerOf(session));
    }
    await this.#move(tx, session, { type: 'failed', failure });
    return true;
  }

  /** Ends a session whose time is over by now. False if it moved on, or has time left, since it was found. */
  async expire(tx: Tx, key: SessionKey): Promise<boolean> {
    const session = await this.lock(tx, key);
    if (session?.state.status !== 'started' || endsAt(session) > this.#deps.clock.now()) return false;
    await this.#move(tx, session, { type: 'failed', failure: 'expired' });
    return true;
  }

  /** Publishes what was fetched and completes the session; ongoing access goes on. False if it is no longer pending. */
  async complete(tx: Tx, key: SessionKey, fetched: Fetched): Promise<boolean> {
    const session = await this.lock(tx, key);
    if (session?.state.status !== 'pending') return false;
    const owner = ownerOf(session);
    await this.#deps.bankData.publish(tx, owner, fetched);
    if (session.access === 'once') await this.#deps.consents.requestEnd(tx, session.merchantId, session.id);
    await this.#move(
      tx,
      session,
      { type: 'completed' },
      await this.#deps.bankData.readForEvent(tx, owner, fetched.document),
    );
    return true;
  }

  /** @param attempt counted from 1 */
  async enqueueFetch(tx: Tx, key: SessionKey, attempt: number, delayMs = 0): Promise<void> {
    await enqueue(tx, {
      task: fetchTask,
      payload: { merchantId: key.merchantId, sessionId: key.id, attempt },
      key: fetchJobKey(key),
      delayMs,
    });
  }

  /** State and event are one transaction: whoever sees the one can rely on the other. */
  async #move(
    tx: Tx,
    session: Session,
    event: SessionEvent,
    data?: Parameters<typeof toEventPayload>[1],
  ): Promise<void> {
    const state = transition(session.state, event);
    const now = this.#deps.clock.now();
    await this.#deps.store.saveState(tx, session, state, now);
    const types = {
      authorised: 'data_session_updated',
      completed: 'data_session_completed',
      failed: 'data_session_failed',
    } as const;
    const payload = toEventPayload({ ...session, state }, data);
    await announce(this.#deps, tx, session, { type: types[event.type], payload, at: now });
  }

  /** Only ongoing access is ever refreshed. */
  async #refreshOf(session: Session): Promise<Refresh | undefined> {
    if (session.access === 'once' || session.state.status !== 'complete') return undefined;
    return this.#deps.refreshes.find(this.#deps.db, session);
  }

  async #describeNew(session: Session, principal: MerchantPrincipal, token: string) {
    const redirectUrl = this.#deps.redirectUrlFor(token);
    if (session.form === 'seed') return toSeedWords(session, { redirectUrl });
    const availableMarkets = await this.#deps.institutions.markets(session.environment);
    return toV3Words(session, principal.merchant.country, { availableMarkets, redirectUrl });
  }

  async #referenceUsed(principal: MerchantPrincipal, referenceId: string): Promise<ApiError> {
    const { db, store } = this.#deps;
    const id = await store.findIdByReference(db, principal.merchant.id, principal.environment, referenceId);
    return new ApiError('CONFLICT', 'This referenceId was used for another session.', {
      param: 'referenceId',
      ...(id !== undefined && { data: { id } }),
    });
  }
}

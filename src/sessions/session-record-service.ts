import type { BankDataService } from '../bank-data/bank-data-service.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import { printCursor } from '../core/cursor.ts';
import { ApiError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import type { CustomerService } from '../customers/customer-service.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { Answer, Idempotency } from '../platform/idempotency/idempotency.ts';
import type { Claim } from '../platform/idempotency/idempotency-store.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import type { RefreshStore } from './refresh-store.ts';
import { isTerminal, ownerOf, type Session, type SessionKey } from './session.ts';
import type { SessionListRequest } from './session-list-request.ts';
import type { SessionService } from './session-service.ts';
import type { SessionFilter, SessionStore } from './session-store.ts';
import { toSeedWords, toV3Words } from './session-wire.ts';

export interface SessionRecordDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly sessionStore: SessionStore;
  readonly refreshes: RefreshStore;
  readonly sessions: SessionService;
  readonly customers: CustomerService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
}

/** What a merchant does with the sessions that he has: lists them, ends them, erases them. */
export class SessionRecordService {
  readonly #deps: SessionRecordDeps;

  constructor(deps: SessionRecordDeps) {
    this.#deps = deps;
  }

  /** A page, newest first, without data. */
  async list(principal: MerchantPrincipal, request: SessionListRequest) {
    const { customer, limit, ...filter } = request;
    const customerId = customer && (await this.#customerIdOf(principal, customer));
    const isNobody = customer !== undefined && customerId === undefined;
    const found = isNobody ? [] : await this.#find(principal, { ...filter, customerId, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return {
      items: items.map((session) => toSeedWords(session)),
      hasNext: last !== undefined,
      ...(last && { nextCursor: printCursor([last.id]) }),
    };
  }

  /**
   * Ends a session that has not ended, as if its time were over.
   * @throws ApiError NOT_FOUND; CONFLICT where it ended otherwise
   */
  async expire(principal: MerchantPrincipal, id: string, claim: Claim | null): Promise<Answer> {
    return this.#change(principal, id, claim, async (tx, { state, ...key }) => {
      if (state.status === 'failed' && state.failure === 'expired') return;
      if (isTerminal(state.status))
        throw new ApiError('CONFLICT', `The session has ended: it is ${state.status}.`, { param: 'id' });
      await this.#deps.sessions.fail(tx, key, 'expired');
    });
  }

  /**
   * Erases what was read for a session, who it was for, what of it is still to be sent and what its requests were
   * answered; ends its consent. A shell is left. @throws ApiError NOT_FOUND
   */
  async delete(principal: MerchantPrincipal, id: string, claim: Claim | null): Promise<Answer> {
    return this.#change(principal, id, claim, async (tx, session) => {
      if (!session.deletedAt) await this.#erase(tx, session);
    });
  }

  async #erase(tx: Tx, key: SessionKey): Promise<void> {
    const { sessions, consents, bankData, refreshes, webhooks, idempotency, sessionStore, clock } =
      this.#deps;
    await sessions.fail(tx, key, 'cancelled');
    await consents.requestEnd(tx, key.merchantId, key.id);
    await consents.eraseCalls(tx, key.merchantId, key.id);
    await bankData.erase(tx, ownerOf(key));
    await refreshes.erase(tx, key);
    await webhooks.purge(tx, key.merchantId, key.id);
    await idempotency.forget(tx, key.merchantId, key.id);
    await sessionStore.erase(tx, key, clock.now());
  }

  /** A change under the session's lock, answered with the session as it then is. */
  async #change(
    principal: MerchantPrincipal,
    id: string,
    claim: Claim | null,
    work: (tx: Tx, session: Session) => Promise<void>,
  ): Promise<Answer> {
    const { sessions, sessionStore, idempotency } = this.#deps;
    const known = await sessions.own(principal, id);
    const change = async (tx: Tx) => {
      await work(tx, (await sessions.lock(tx, known)) ?? known);
      const session = (await sessionStore.find(tx, known)) ?? known;
      return session.form === 'seed' ? toSeedWords(session) : toV3Words(session, principal.merchant.country);
    };
    return idempotency.run(claim, change, known.id);
  }

  async #find(
    { merchant, environment }: MerchantPrincipal,
    filter: Omit<SessionFilter, 'merchantId' | 'environment'>,
  ): Promise<Session[]> {
    return this.#deps.sessionStore.list(this.#deps.db, { merchantId: merchant.id, environment, ...filter });
  }

  /** Undefined where no session can be of this customer. */
  async #customerIdOf(
    principal: MerchantPrincipal,
    { id, email }: NonNullable<SessionListRequest['customer']>,
  ): Promise<string | undefined> {
    if (email !== undefined) return this.#deps.customers.findByEmail(principal, email);
    return id !== undefined && isUuid(id) ? id : undefined;
  }
}

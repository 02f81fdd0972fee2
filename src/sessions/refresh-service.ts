import type pg from 'pg';
import type { BankDataService, Fetched } from '../bank-data/bank-data-service.ts';
import type { PsuContext } from '../banking/consent.ts';
import { type ConsentRecord, psuPresenceMs, standingOf } from '../consents/consent.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import { ApiError } from '../core/errors.ts';
import { uuidv7 } from '../core/ids.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { Answer, Idempotency } from '../platform/idempotency/idempotency.ts';
import type { Claim } from '../platform/idempotency/idempotency-store.ts';
import { enqueue } from '../platform/jobs/queue.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import { type Refresh, type RefreshFailure, refreshJobKey, refreshTask } from './refresh.ts';
import type { RefreshStore } from './refresh-store.ts';
import { ownerOf, type Session, type SessionKey } from './session.ts';
import { announce, toConsentPayload } from './session-event.ts';
import type { SessionService } from './session-service.ts';
import type { SessionStore } from './session-store.ts';
import { toEventPayload, toRefreshWords, toSeedWords } from './session-wire.ts';

export interface RefreshDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly sessionStore: SessionStore;
  readonly refreshes: RefreshStore;
  readonly sessions: SessionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
}

/** One run of a refresh. */
export interface RefreshRun extends SessionKey {
  readonly refreshId: string;
}

/** What a refresh found out about the consent. `unusable`: it may live at the bank, but nothing opens it any more. */
export type ConsentEnd = 'expired' | 'revoked' | 'unusable';

/** Reads a session's bank once more, under a consent that lives on. */
export class RefreshService {
  readonly #deps: RefreshDeps;

  constructor(deps: RefreshDeps) {
    this.#deps = deps;
  }

  /**
   * Asks for a refresh; while one runs, that one is the answer.
   * @param psu the user, if he is there and wants it
   * @throws ApiError NOT_FOUND; CONFLICT without a living ongoing consent; TOO_MANY_REQUESTS when the bank takes no
   * more unattended calls today
   */
  async start(
    principal: MerchantPrincipal,
    request: { id: string; psu: PsuContext | null },
    claim: Claim | null,
  ): Promise<Answer> {
    const session = await this.#deps.sessions.own(principal, request.id);
    const start = async (tx: Tx) =>
      toSeedWords(session, { refresh: await this.#startIn(tx, session, request.psu) });
    return this.#deps.idempotency.run(claim, start, session.id);
  }

  /** The refresh that this run is, while it is the one that counts. */
  async running({ refreshId, ...key }: RefreshRun): Promise<Refresh | undefined> {
    const refresh = await this.#deps.refreshes.find(dbOf(this.#deps.pool), key);
    return refresh?.id === refreshId && refresh.status === 'running' ? refresh : undefined;
  }

  /** The user who asked for it, while he counts as present. */
  async psuOf(key: SessionKey, { startedAt }: Refresh): Promise<PsuContext | null> {
    const isThere = this.#deps.clock.now().getTime() < startedAt.getTime() + psuPresenceMs;
    return isThere ? this.#deps.refreshes.findPsu(dbOf(this.#deps.pool), key) : null;
  }

  /** Publishes what was read, with the event; nothing of it, if the consent was ended meanwhile. */
  async complete(run: RefreshRun, fetched: Fetched): Promise<void> {
    await transaction(this.#deps.pool, async (tx) => {
      const session = await this.#deps.sessions.lock(tx, run);
      if (!session) return;
      const consent = await this.#deps.consents.find(run.merchantId, run.id, tx);
      const standing = consent && standingOf(consent, this.#deps.clock.now());
      if (standing === 'revoked') return this.#finish(tx, session, run, { code: 'consent_revoked' });
      await this.#finish(tx, session, run, undefined, () =>
        this.#deps.bankData.publish(tx, ownerOf(session), fetched),
      );
    });
  }

  /** @param consentIs what the bank says of the consent, where that is the reason: it then ends here too */
  async fail(run: RefreshRun, failure: RefreshFailure, consentIs?: ConsentEnd): Promise<void> {
    await transaction(this.#deps.pool, async (tx) => {
      const session = await this.#deps.sessions.lock(tx, run);
      if (!session) return;
      await this.#finish(tx, session, run, failure);
      if (consentIs) await this.#endConsent(tx, session, consentIs);
    });
  }

  /** @param attempt counted from 1 */
  async enqueue(tx: Tx, { refreshId, ...key }: RefreshRun, attempt: number, delayMs = 0): Promise<void> {
    await enqueue(tx, {
      task: refreshTask,
      payload: { merchantId: key.merchantId, sessionId: key.id, refreshId, attempt },
      key: refreshJobKey(key),
      delayMs,
    });
  }

  async #startIn(tx: Tx, session: Session, psu: PsuContext | null): Promise<Refresh> {
    const { sessions, consents, clock, refreshes } = this.#deps;
    await sessions.lock(tx, session);
    const consent = await consents.find(session.merchantId, session.id, tx);
    const living = livingOngoing(session, consent, clock.now());
    const earlier = await refreshes.find(tx, session);
    if (earlier?.status === 'running') return earlier;
    if (!psu) await this.#checkBudget(tx, living);
    const refresh = { id: uuidv7(clock.now()), status: 'running', startedAt: clock.now() } as const;
    await refreshes.begin(tx, session, refresh, psu);
    await this.enqueue(tx, { merchantId: session.merchantId, id: session.id, refreshId: refresh.id }, 1);
    return refresh;
  }

  async #checkBudget(tx: Tx, consent: ConsentRecord): Promise<void> {
    const used = (await this.#deps.consents.callsLeft(consent, [], tx)).find(
      ({ remaining }) => remaining === 0,
    );
    if (!used) return;
    const waitMs = used.resetsAt.getTime() - this.#deps.clock.now().getTime();
    throw new ApiError(
      'TOO_MANY_REQUESTS',
      'The bank takes no more calls today unless the user is there. Name the user, or try again tomorrow.',
      {
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
        data: { resetsAt: used.resetsAt.toISOString() },
      },
    );
  }

  async #finish(
    tx: Tx,
    session: Session,
    { refreshId }: RefreshRun,
    failure: RefreshFailure | undefined,
    publish?: () => Promise<void>,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    const ended = await this.#deps.refreshes.finish(tx, session, refreshId, failure, now);
    if (!ended) return;
    await (publish ? publish() : this.#deps.bankData.discardUnpublished(tx, ownerOf(session)));
    await this.#deps.sessionStore.saveState(tx, session, session.state, now);
    const payload = { ...toEventPayload(session), refresh: toRefreshWords(ended) };
    await announce(this.#deps, tx, session, { type: 'data_session_updated', payload, at: now });
  }

  async #endConsent(tx: Tx, session: Session, how: ConsentEnd): Promise<void> {
    const { consents, clock } = this.#deps;
    const at = clock.now();
    const consent = await consents.find(session.merchantId, session.id, tx);
    if (consent?.status !== 'authorised' || consent.endingSince) return;
    if (how === 'unusable') await consents.requestEnd(tx, session.merchantId, session.id);
    else await consents.ended(tx, consent, how);
    const { expiresAt } = consent;
    if (how === 'expired') {
      const payload = toConsentPayload(session, { expiresAt });
      return announce(this.#deps, tx, session, { type: 'consent_expired', payload, at });
    }
    const payload = toConsentPayload(session, { expiresAt, revokedAt: at, revokedBy: 'bank' });
    await announce(this.#deps, tx, session, { type: 'consent_revoked', payload, at });
  }
}

/** @throws ApiError CONFLICT that says why there is nothing to refresh under */
function livingOngoing(session: Session, consent: ConsentRecord | undefined, now: Date): ConsentRecord {
  const refuse = (why: string) => new ApiError('CONFLICT', why, { param: 'id' });
  if (session.access === 'once')
    throw refuse('This session was created with access "once": its consent ended with its only fetch.');
  if (session.state.status === 'failed') throw refuse('The session failed: there is nothing to refresh.');
  if (session.state.status !== 'complete' || !consent) throw refuse('The session is not complete yet.');
  switch (standingOf(consent, now)) {
    case 'authorised':
      return consent;
    case 'expired':
      throw refuse('The consent has expired. Create a session with renewOf, and let the user connect again.');
    default:
      throw refuse('The consent was ended. Create a session with renewOf, and let the user connect again.');
  }
}

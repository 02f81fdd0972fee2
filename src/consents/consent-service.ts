import type pg from 'pg';
import type { CountedRead } from '../banking/call-budget.ts';
import type { PsuContext } from '../banking/consent.ts';
import { exponentialMs } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import { uuidv7 } from '../core/ids.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import { enqueue, hasLivingJob } from '../platform/jobs/queue.ts';
import { NamedLocks } from '../platform/postgres/named-locks.ts';
import { type Db, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { deleteCallsBefore, deleteCallsOf } from './call-budget-store.ts';
import type { ScopeBudget } from './call-counter.ts';
import {
  type ConsentKey,
  type ConsentRecord,
  type ExpiringConsent,
  expiryNoticeDays,
  type GrantedConsent,
  psuPresenceMs,
} from './consent.ts';
import type { ConsentStore } from './consent-store.ts';
import { ConsentUse, type UsableConsent } from './consent-use.ts';

export interface ConsentDeps {
  readonly db: Db;
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly store: ConsentStore;
  readonly clock: Clock;
  readonly institutions: InstitutionService;
}

export type { UsableConsent } from './consent-use.ts';

export const endConsentTask = 'consent-end';
/** Longer than the job's own attempts take. */
const endingPatienceMs = 24 * 3_600_000;
const endingBatch = 100;
/** While a read under the consent has yet to come to its end. */
const firstWaitMs = 50;
const maxWaitMs = 2_000;
const callsKeptMs = 7 * 24 * 3_600_000;

function endJobKey(merchantId: string, sessionId: string): string {
  return `${endConsentTask}:${merchantId}:${sessionId}`;
}

/** Consents from the moment the user comes back from his bank until they end, here and there. */
export class ConsentService {
  readonly #deps: ConsentDeps;
  readonly #use: ConsentUse;

  constructor(deps: ConsentDeps) {
    this.#deps = deps;
    this.#use = new ConsentUse({ ...deps, locks: new NamedLocks(deps.pool) });
  }

  /** Stores what the user granted, in the transaction that makes the session pending. */
  async store(tx: Tx, granted: GrantedConsent): Promise<void> {
    const now = this.#deps.clock.now();
    const psuUntil = new Date(now.getTime() + psuPresenceMs);
    await this.#deps.store.insert(tx, uuidv7(now), granted, psuUntil, now);
  }

  /** The consent of a session, living or ended; undefined where its user gave none. */
  async find(merchantId: string, sessionId: string, db = this.#deps.db): Promise<ConsentRecord | undefined> {
    return this.#deps.store.find(db, merchantId, sessionId);
  }

  /**
   * Runs `read` with a session's consent while nobody else calls the bank under it, in any process; with undefined once
   * it has ended or is to end. False, with nothing done, while somebody else does.
   * @param psu the user who asks for these reads, null for none; by default the one who gave the consent, while he
   * counts as present
   * @throws ConsentEnded if it ends meanwhile, at the next call; Error if this process does not know the bank:
   * another one may, so the job is tried again
   */
  async use(
    { merchantId, sessionId }: ConsentKey,
    read: (consent: UsableConsent | undefined) => Promise<void>,
    psu?: PsuContext | null,
  ): Promise<boolean> {
    return this.#use.alone({ merchantId, sessionId, purpose: 'read', psu }, read);
  }

  /** Ongoing consents of whose end the merchant is to be told now. */
  async findExpiring(): Promise<ExpiringConsent[]> {
    const { db, store, clock } = this.#deps;
    return store.findExpiring(db, { now: clock.now(), noticeDays: expiryNoticeDays, limit: endingBatch });
  }

  /** False if this notice was given before. */
  async noteExpiryTold(tx: Tx, expiring: ExpiringConsent): Promise<boolean> {
    return this.#deps.store.markExpiryTold(tx, expiring);
  }

  /** Sessions whose ongoing consent has run out. */
  async findRunOut(): Promise<{ merchantId: string; sessionId: string }[]> {
    const { db, store, clock } = this.#deps;
    return store.findRunOut(db, clock.now(), endingBatch);
  }

  /** The bank says, or the time, that it is over. False if it had ended here. */
  async ended(tx: Tx, consent: ConsentRecord, how: 'expired' | 'revoked'): Promise<boolean> {
    return this.#deps.store.end(tx, consent.merchantId, consent.id, how, this.#deps.clock.now());
  }

  /** What is left today of the unattended reads that were made, and of these others. */
  async callsLeft(
    consent: ConsentRecord,
    others: readonly CountedRead[] = [],
    db = this.#deps.db,
  ): Promise<readonly ScopeBudget[]> {
    return this.#use.counterOf(consent, await this.#use.bankOf(consent, db), db).left(others);
  }

  /**
   * Ends the consent for everybody here: from the commit of this transaction on no read begins under it, and one that is
   * under way ends at its next call. Then the bank is told.
   */
  async requestEnd(tx: Tx, merchantId: string, sessionId: string): Promise<void> {
    await this.#deps.store.markEnding(tx, merchantId, sessionId, this.#deps.clock.now());
    await this.#enqueueEnd(tx, { merchantId, sessionId }, 0);
  }

  /**
   * Ends the consent at the bank and then here; later, while a read under it has not come to its end. Safe to run twice:
   * a consent that is gone counts as ended.
   * @param waits how often it was put off already
   * @throws BankFailure when the bank cannot be told now; the job is tried again
   */
  async end(merchantId: string, sessionId: string, waits = 0): Promise<void> {
    const { institutions, store, db, clock, pool } = this.#deps;
    const isFree = await this.#use.alone({ merchantId, sessionId, purpose: 'end' }, async (consent) => {
      if (!consent) return;
      const { bank, access, id } = consent;
      await institutions.connectorOf(bank).revoke(bank, access);
      await store.end(db, merchantId, id, 'revoked', clock.now());
    });
    if (isFree) return;
    await transaction(pool, (tx) => this.#enqueueEnd(tx, { merchantId, sessionId }, waits + 1));
  }

  /**
   * Consents that should have ended: those that ran out are erased here, and where the job that tells the bank
   * is used up or lost there is a new one.
   */
  async endOverdue(): Promise<void> {
    const { db, store, clock, pool, logger } = this.#deps;
    const now = clock.now();
    await store.expirePast(db, now);
    const overdue = await store.findEnding(db, new Date(now.getTime() - endingPatienceMs), endingBatch);
    for (const { merchantId, sessionId } of overdue) {
      if (await hasLivingJob(db, endJobKey(merchantId, sessionId))) continue;
      logger.error({ sessionId }, 'a consent could not be ended at the bank; it is tried again');
      await transaction(pool, (tx) => this.requestEnd(tx, merchantId, sessionId));
    }
  }

  /** Forgets which accounts were read under a consent that nobody will read under again. */
  async eraseCalls(tx: Tx, merchantId: string, sessionId: string): Promise<void> {
    const consent = await this.#deps.store.find(tx, merchantId, sessionId);
    if (consent) await deleteCallsOf(tx, merchantId, consent.id);
  }

  /** Counts of days that are over at every bank. */
  async forgetOldCalls(): Promise<void> {
    const { db, clock } = this.#deps;
    const before = new Date(clock.now().getTime() - callsKeptMs).toISOString().slice(0, 10);
    await deleteCallsBefore(db, before);
  }

  async erasePastPsu(): Promise<void> {
    await this.#deps.store.erasePastPsu(this.#deps.db, this.#deps.clock.now());
  }

  async #enqueueEnd(tx: Tx, { merchantId, sessionId }: ConsentKey, waits: number): Promise<void> {
    await enqueue(tx, {
      task: endConsentTask,
      payload: { merchantId, sessionId, waits },
      key: endJobKey(merchantId, sessionId),
      maxAttempts: 12,
      delayMs: waits === 0 ? 0 : exponentialMs(waits, firstWaitMs, maxWaitMs),
    });
  }
}

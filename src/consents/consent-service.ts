import type pg from 'pg';
import type { Bank } from '../banking/bank.ts';
import type { CountedRead, ReadAccess } from '../banking/call-budget.ts';
import type { PsuContext } from '../banking/consent.ts';
import { present } from '../core/assert.ts';
import type { Clock } from '../core/clock.ts';
import { uuidv7 } from '../core/ids.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import { enqueue, hasLivingJob } from '../platform/jobs/queue.ts';
import { type Db, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { deleteCallsBefore } from './call-budget-store.ts';
import { CallCounter, type ScopeBudget } from './call-counter.ts';
import {
  type ConsentRecord,
  type ExpiringConsent,
  expiryNoticeDays,
  type GrantedConsent,
  psuPresenceMs,
} from './consent.ts';
import type { ConsentStore, LivingConsent } from './consent-store.ts';

export interface ConsentDeps {
  readonly db: Db;
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly store: ConsentStore;
  readonly clock: Clock;
  readonly institutions: InstitutionService;
}

/** A living consent together with the bank that gave it and what a connector needs to use it. */
export interface UsableConsent {
  readonly bank: Bank;
  readonly access: ReadAccess;
  readonly kind: 'once' | 'ongoing';
}

export const endConsentTask = 'consent-end';
/** Longer than the job's own attempts take. */
const endingPatienceMs = 24 * 3_600_000;
const endingBatch = 100;
const callsKeptMs = 7 * 24 * 3_600_000;

function endJobKey(merchantId: string, sessionId: string): string {
  return `${endConsentTask}:${merchantId}:${sessionId}`;
}

/** Consents from the moment the user comes back from his bank until they end, here and there. */
export class ConsentService {
  readonly #deps: ConsentDeps;

  constructor(deps: ConsentDeps) {
    this.#deps = deps;
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
   * What reads under a session's consent need; undefined once it has ended.
   * @param psu the user who asks for these reads, null for none; by default the one who gave the consent, while he
   * counts as present
   * @throws Error if this process does not know the bank: another one may, so the job is tried again
   */
  async usable(
    merchantId: string,
    sessionId: string,
    psu?: PsuContext | null,
  ): Promise<UsableConsent | undefined> {
    const found = await this.#living(merchantId, sessionId);
    const living = found && psu !== undefined ? { ...found, psu } : found;
    if (!living) return undefined;
    const bank = await this.#bankOf(living);
    return { bank, access: this.#accessTo(living, bank), kind: living.access };
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
    return this.#callsOf(consent, await this.#bankOf(consent, db), db).left(others);
  }

  /** Asks for the consent to be ended, at the bank too, once this transaction has committed. */
  async requestEnd(tx: Tx, merchantId: string, sessionId: string): Promise<void> {
    await this.#deps.store.markEnding(tx, merchantId, sessionId, this.#deps.clock.now());
    await enqueue(tx, {
      task: endConsentTask,
      payload: { merchantId, sessionId },
      key: endJobKey(merchantId, sessionId),
      maxAttempts: 12,
    });
  }

  /**
   * Ends the consent at the bank and then here. Safe to run twice: a consent that is gone counts as ended.
   * @throws BankFailure when the bank cannot be told now; the job is tried again
   */
  async end(merchantId: string, sessionId: string): Promise<void> {
    const living = await this.#living(merchantId, sessionId);
    if (!living) return;
    const { institutions, store, db, clock } = this.#deps;
    const bank = await this.#bankOf(living);
    await institutions.connectorOf(bank).revoke(bank, this.#accessTo(living, bank));
    await store.end(db, merchantId, living.id, 'revoked', clock.now());
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

  /** Counts of days that are over at every bank. */
  async forgetOldCalls(): Promise<void> {
    const { db, clock } = this.#deps;
    const before = new Date(clock.now().getTime() - callsKeptMs).toISOString().slice(0, 10);
    await deleteCallsBefore(db, before);
  }

  async erasePastPsu(): Promise<void> {
    await this.#deps.store.erasePastPsu(this.#deps.db, this.#deps.clock.now());
  }

  async #living(merchantId: string, sessionId: string): Promise<LivingConsent | undefined> {
    return this.#deps.store.findLiving(this.#deps.db, merchantId, sessionId, this.#deps.clock.now());
  }

  #callsOf(
    living: Pick<LivingConsent, 'merchantId' | 'id' | 'access'>,
    bank: Bank,
    db = this.#deps.db,
  ): CallCounter {
    const consent = { merchantId: living.merchantId, consentId: living.id };
    return new CallCounter({ db, clock: this.#deps.clock }, consent, () => {
      const budget = this.#deps.institutions.connectorOf(bank).callBudget(bank);
      // A consent for one look is made with a frequency of one.
      return living.access === 'once' ? { ...budget, limit: 1 } : budget;
    });
  }

  async #bankOf(
    { bankId, environment }: Pick<LivingConsent, 'bankId' | 'environment'>,
    db?: Db,
  ): Promise<Bank> {
    const bank = await this.#deps.institutions.find(bankId, environment, db);
    return present(bank, `the bank ${bankId} in this process's catalogue`);
  }

  #accessTo(living: LivingConsent, bank: Bank): ReadAccess {
    const { store, db, clock } = this.#deps;
    const calls = this.#callsOf(living, bank);
    let newest = living.consent;
    return {
      get consent() {
        return newest;
      },
      psu: living.psu,
      keep: async (consent) => {
        await store.keepCredentials(db, living.merchantId, living.id, consent, clock.now());
        newest = consent;
      },
      spend: (read) => calls.spend(read),
      exhaust: (read) => calls.exhaust(read),
    };
  }
}

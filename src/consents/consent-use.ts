import type { Bank } from '../banking/bank.ts';
import type { ReadAccess } from '../banking/call-budget.ts';
import type { PsuContext } from '../banking/consent.ts';
import { present } from '../core/assert.ts';
import type { Clock } from '../core/clock.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { NamedLock, NamedLocks } from '../platform/postgres/named-locks.ts';
import type { Db } from '../platform/postgres/pool.ts';
import { CallCounter } from './call-counter.ts';
import { ConsentEnded, type ConsentKey } from './consent.ts';
import type { ConsentStore, LivingConsent } from './consent-store.ts';

export interface ConsentUseDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly store: ConsentStore;
  readonly institutions: InstitutionService;
  readonly locks: NamedLocks;
}

/** A living consent together with the bank that gave it and what a connector needs to use it. */
export interface UsableConsent {
  readonly bank: Bank;
  readonly access: ReadAccess;
  readonly kind: 'once' | 'ongoing';
}

/** For what the bank is called. Reading stops where the consent is to end; ending is what is then left to do. */
export type Purpose = 'read' | 'end';

export interface UseRequest extends ConsentKey {
  readonly purpose: Purpose;
  /**
   * The user who asks for these calls, null for none; absent means the one who gave the consent, while he counts as
   * present.
   */
  readonly psu?: PsuContext | null | undefined;
}

/**
 * Calls at banks under consents: never two side by side under the same one, in this process or another. Two renewals of
 * tokens at once would void each other's, and what a read brings after the consent's end would be nobody's to keep.
 */
export class ConsentUse {
  readonly #deps: ConsentUseDeps;

  constructor(deps: ConsentUseDeps) {
    this.#deps = deps;
  }

  /**
   * Runs `work` with the consent, undefined where it can no longer be used for this purpose. False, with nothing
   * done, while somebody else has it.
   * @throws ConsentEnded from the connector's calls, once it ends meanwhile; Error if this process does not know the bank
   */
  async alone(request: UseRequest, work: (living: Usable | undefined) => Promise<void>): Promise<boolean> {
    const { merchantId, sessionId } = request;
    const lock = await this.#deps.locks.tryTake(`consent/${merchantId}/${sessionId}`);
    if (!lock) return false;
    try {
      await work(await this.#find(request, lock));
    } finally {
      await lock.release();
    }
    return true;
  }

  /** Counts the reads that a bank allows without its user. */
  counterOf(
    living: Pick<LivingConsent, 'merchantId' | 'id' | 'access'>,
    bank: Bank,
    db = this.#deps.db,
  ): CallCounter {
    const { clock, institutions } = this.#deps;
    return new CallCounter({ db, clock }, { merchantId: living.merchantId, consentId: living.id }, () => {
      const budget = institutions.connectorOf(bank).callBudget(bank);
      // A consent for one look is made with a frequency of one.
      return living.access === 'once' ? { ...budget, limit: 1 } : budget;
    });
  }

  async bankOf(
    { bankId, environment }: Pick<LivingConsent, 'bankId' | 'environment'>,
    db?: Db,
  ): Promise<Bank> {
    const bank = await this.#deps.institutions.find(bankId, environment, db);
    return present(bank, `the bank ${bankId} in this process's catalogue`);
  }

  async #find(request: UseRequest, lock: NamedLock): Promise<Usable | undefined> {
    const { db, store, clock } = this.#deps;
    const { merchantId, sessionId, purpose, psu } = request;
    const now = clock.now();
    const found = await store.findLiving(db, merchantId, sessionId, now);
    if (!found || (purpose === 'read' && !isReadable(found, now))) return undefined;
    const living = psu === undefined ? found : { ...found, psu };
    const bank = await this.bankOf(living);
    const access = this.#accessTo(living, bank, () => this.#check(living, purpose, lock));
    return { id: living.id, bank, access, kind: living.access };
  }

  async #check({ merchantId, id }: LivingConsent, purpose: Purpose, lock: NamedLock): Promise<void> {
    const { db, store, clock } = this.#deps;
    const readable = purpose === 'end' || store.isReadable(db, merchantId, id, clock.now());
    const [mayGoOn] = await Promise.all([readable, lock.confirm()]);
    if (!mayGoOn) throw new ConsentEnded('the consent was ended, or its time is over');
  }

  #accessTo(living: LivingConsent, bank: Bank, beforeCall: () => Promise<void>): ReadAccess {
    const { store, db, clock } = this.#deps;
    const calls = this.counterOf(living, bank);
    let newest = living.consent;
    return {
      get consent() {
        return newest;
      },
      psu: living.psu,
      beforeCall,
      keep: async (consent) => {
        await store.keepCredentials(db, living.merchantId, living.id, consent, clock.now());
        newest = consent;
      },
      spend: (read) => calls.spend(read),
      exhaust: (read) => calls.exhaust(read),
    };
  }
}

interface Usable extends UsableConsent {
  readonly id: string;
}

function isReadable({ endingSince, consent: { expiresAt } }: LivingConsent, now: Date): boolean {
  return endingSince === undefined && (expiresAt === undefined || expiresAt > now);
}

import type { AccountsRead } from '../banking/account.ts';
import type { Permission } from '../banking/permission.ts';
import type { UsableConsent } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { MerchantService } from '../merchants/merchant-service.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import { type BankData, normalise } from './bank-data.ts';
import type { BankDataStore } from './bank-data-store.ts';

export interface BankDataDeps {
  readonly db: Db;
  readonly store: BankDataStore;
  readonly clock: Clock;
  readonly institutions: InstitutionService;
  readonly merchants: MerchantService;
}

/** What was read from the bank and not yet stored. */
export interface Fetched {
  readonly data: BankData;
  readonly raw: unknown;
}

/** Reads bank data under a consent, and keeps it sealed until the merchant asks. */
export class BankDataService {
  readonly #deps: BankDataDeps;

  constructor(deps: BankDataDeps) {
    this.#deps = deps;
  }

  /** Asks the bank; nothing is stored and no transaction is open meanwhile. @throws BankFailure */
  async fetch(
    merchantId: string,
    consent: UsableConsent,
    permissions: readonly Permission[],
  ): Promise<Fetched> {
    const { institutions, merchants } = this.#deps;
    const connector = institutions.connectorOf(consent.bank);
    const read = await connector.accounts(consent.bank, consent.access);
    const idSecret = await merchants.idSecret(merchantId);
    const readable = connector.capabilities.permissions;
    return { data: normalise(read, consent.bank, { permissions, readable, idSecret }), raw: rawOf(read) };
  }

  /** Stores what was fetched, in the transaction that completes the session. */
  async publish(tx: Tx, merchantId: string, sessionId: string, fetched: Fetched): Promise<void> {
    await this.#deps.store.save(tx, merchantId, sessionId, fetched.data, fetched.raw, this.#deps.clock.now());
  }

  async read(merchantId: string, sessionId: string): Promise<BankData | undefined> {
    return this.#deps.store.find(this.#deps.db, merchantId, sessionId);
  }
}

function rawOf(read: AccountsRead): unknown {
  return {
    accounts: read.accounts.map((account) => account.raw),
    ...(read.psuName !== undefined && { psuName: read.psuName }),
  };
}

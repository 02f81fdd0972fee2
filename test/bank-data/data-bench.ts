import type pg from 'pg';
import pino from 'pino';
import { BankDataService, type Fetched } from '../../src/bank-data/bank-data-service.ts';
import type { FeedPosition } from '../../src/bank-data/feed.ts';
import type { DataOwner } from '../../src/bank-data/owner.ts';
import type { ReadAgain } from '../../src/bank-data/read-again.ts';
import type { TransactionData } from '../../src/bank-data/transaction.ts';
import type { Permission } from '../../src/banking/permission.ts';
import { newMasterKey } from '../../src/config.ts';
import { uuidv7 } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import { InstitutionService } from '../../src/institutions/institution-service.ts';
import { MerchantService } from '../../src/merchants/merchant-service.ts';
import { Vault } from '../../src/platform/crypto/vault.ts';
import { createPool, dbOf, transaction } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase } from '../support/database.ts';
import { TestClock } from '../support/test-clock.ts';
import { type Script, scriptedBank, scriptedConnector } from './scripted-connector.ts';

const merchantId = 'shop';

/** Reading and storing bank data on a real database, with a bank played from a script. */
export class DataBench {
  readonly script: Script = { accounts: [], balances: new Map(), pages: new Map() };
  readonly clock = new TestClock();
  readonly pool: pg.Pool;
  readonly service: BankDataService;
  readonly vault: Vault;
  readonly #drop: () => Promise<void>;

  private constructor(pool: pg.Pool, drop: () => Promise<void>, merchants: MerchantService, vault: Vault) {
    this.pool = pool;
    this.vault = vault;
    this.#drop = drop;
    const { clock } = this;
    const institutions = new InstitutionService(
      [scriptedBank],
      new Map([['scripted', scriptedConnector(this.script)]]),
    );
    const logger = pino({ level: 'silent' });
    this.service = new BankDataService({ pool, vault, clock, logger, institutions, merchants });
  }

  static async open(): Promise<DataBench> {
    const database = await createTestDatabase();
    const pool = createPool({
      connectionString: database.connectionString,
      maxConnections: 8,
      applicationName: 'trellis-test',
      onError: () => undefined,
    });
    const vault = new Vault([new Secret(newMasterKey())]);
    const merchants = new MerchantService({ db: dbOf(pool), vault, clock: new TestClock() });
    for (const id of [merchantId, 'other'])
      await merchants.save({
        id,
        name: id,
        country: 'DE',
        settings: { permissions: [], returnOrigins: [], appSchemes: [] },
      });
    return new DataBench(pool, () => database.drop(), merchants, vault);
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.#drop();
  }

  /** A session of its own, as far as bank data know sessions. */
  session(merchant = merchantId) {
    const owner = { merchantId: merchant, sessionId: uuidv7(this.clock.now()) };
    const { service, pool } = this;
    const fetch = (
      isLastTry = false,
      permissions: Permission[] = ['identity', 'balances', 'transactions'],
      again?: ReadAgain,
    ) =>
      service.fetch({
        owner,
        consent: {
          bank: scriptedBank,
          kind: 'ongoing',
          access: {
            consent: { bankConsentId: 'c', credentials: {} },
            psu: null,
            beforeCall: async () => undefined,
            keep: async () => undefined,
            spend: async () => undefined,
            exhaust: async () => undefined,
          },
        },
        permissions,
        transactionsFrom: '2027-01-01',
        again,
        isLastTry,
      });
    const publish = (fetched: Fetched) => transaction(pool, (tx) => service.publish(tx, owner, fetched));
    return {
      owner,
      fetch,
      publish,
      refresh: async () => publish(await fetch()),
      /** As a refresh does it: from where it has to be. */
      readAgain: async () => publish(await fetch(false, undefined, await service.readAgain(owner))),
      list: async (limit = 1_000) => [
        ...((await service.transactions(owner, { limit }))?.transactions ?? []),
      ],
      /** One whole round of the feed, in pages. */
      sync: async (since = 0, limit = 2) => {
        const round = { added: [] as string[], changed: [] as string[], removed: [] as string[], until: 0 };
        let after: Parameters<typeof service.changes>[1]['after'];
        let until: number | undefined;
        for (;;) {
          const page = await service.changes(owner, { since, until, after, limit });
          for (const { isNew, transaction: row } of page.rows)
            (isNew ? round.added : round.changed).push(textOf(row));
          round.removed.push(...page.removedIds);
          until = page.until;
          after = page.last;
          if (!page.hasNext) return { ...round, until };
        }
      },
    };
  }
}

/** A merchant that applies by id what the feed tells, round by round: what it holds then. */
export function replicaOf(
  service: BankDataService,
  owner: DataOwner,
): () => Promise<readonly TransactionData[]> {
  const held = new Map<string, TransactionData>();
  let since = 0;
  return async () => {
    let until: number | undefined;
    let after: FeedPosition | undefined;
    for (let hasNext = true; hasNext; ) {
      const page = await service.changes(owner, { since, until, after, limit: 2 });
      for (const { transaction } of page.rows) held.set(transaction.id, transaction);
      for (const id of page.removedIds) held.delete(id);
      ({ until, last: after, hasNext } = page);
    }
    since = until ?? since;
    return [...held.values()];
  };
}

export function textOf(row: TransactionData | undefined): string {
  return row?.description ?? '';
}

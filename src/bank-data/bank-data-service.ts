import type pg from 'pg';
import type { Permission } from '../banking/permission.ts';
import type { UsableConsent } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { MerchantService } from '../merchants/merchant-service.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { type Db, dbOf, snapshot, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { countryOf } from './account.ts';
import type { BankData, BankDocument } from './bank-data.ts';
import { BankDataStore } from './bank-data-store.ts';
import { type Read, type Reading, readBank } from './bank-reading.ts';
import { BookingService } from './booking-service.ts';
import { ChunkStore } from './chunk-store.ts';
import type { FeedPosition } from './feed.ts';
import {
  beginFetch,
  discardUnpublished,
  eraseTransactions,
  publishedFetchOf,
  releaseLedger,
} from './ledger-store.ts';
import { findOutdated, type Scope } from './outdated-store.ts';
import type { DataOwner } from './owner.ts';
import { firstDayOf, type ReadAgain, readAgainFrom } from './read-again.ts';
import type { Renormalised } from './renormalised.ts';
import { Renormaliser } from './renormaliser.ts';
import type { TransactionData } from './transaction.ts';
import { findChanges, findOldestPending, findRows, type RowFilter } from './transaction-store.ts';
import { TransactionWriter } from './transaction-writer.ts';

export interface BankDataDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly institutions: InstitutionService;
  readonly merchants: MerchantService;
}

export interface FetchRequest {
  readonly owner: DataOwner;
  readonly consent: UsableConsent;
  readonly permissions: readonly Permission[];
  /** The first day of transactions to ask for, ISO date; absent `again`, of all accounts. */
  readonly transactionsFrom: string;
  /** Where accounts were read before: from when on they have to be read again. */
  readonly again?: ReadAgain | undefined;
  /** The session of which this one renews the consent. */
  readonly renewOf?: string | undefined;
  /** True: what the bank does not give now is named as missing, instead of failing the whole read. */
  readonly isLastTry: boolean;
}

/** What was read and is not visible yet. */
export interface Fetched extends Read {
  readonly writer?: TransactionWriter | undefined;
}

/** Rows as they stood at one publication. */
export interface Published {
  readonly publishedFetch: number;
  readonly transactions: readonly TransactionData[];
}

export interface ChangesAsked {
  readonly since: number;
  /** Where the round ends; absent: with what is published now. */
  readonly until: number | undefined;
  readonly after: FeedPosition | undefined;
  readonly limit: number;
}

export interface Changes {
  /** As asked; 0 where that was never published here. */
  readonly since: number;
  readonly rows: readonly { readonly isNew: boolean; readonly transaction: TransactionData }[];
  readonly removedIds: readonly string[];
  readonly until: number;
  /** Where the page ended; undefined for an empty one. */
  readonly last: FeedPosition | undefined;
  readonly hasNext: boolean;
}

/** A read of a bank that takes longer was left by a process that died. */
const readPatienceMs = 3_600_000;
/** Transactions in a retrieved session; the rest is in the list. */
const maxInSession = 1_000;
/** Of an event's 256 kB; the rest is for everything else that it says. */
const maxInEventBytes = 200_000;

/** Reads bank data under a consent, and keeps them sealed until the merchant asks. */
export class BankDataService {
  readonly #deps: BankDataDeps;
  readonly #documents: BankDataStore;
  readonly #chunks: ChunkStore;
  readonly #bookings: BookingService;
  readonly #renormaliser: Renormaliser;

  constructor(deps: BankDataDeps) {
    this.#deps = deps;
    this.#documents = new BankDataStore(deps.vault);
    this.#chunks = new ChunkStore(deps.vault);
    this.#bookings = new BookingService(this.#chunks);
    this.#renormaliser = new Renormaliser({
      ...deps,
      documents: this.#documents,
      chunks: this.#chunks,
      bookings: this.#bookings,
    });
  }

  /**
   * Asks the bank, with no transaction open meanwhile. Transactions are stored as they come, and seen by nobody before
   * `publish`. May run again: what an earlier run has left is cleared away.
   *
   * @throws BankFailure; FetchSuperseded
   */
  async fetch(request: FetchRequest): Promise<Fetched> {
    const { institutions, merchants, clock, logger } = this.#deps;
    const { owner, consent, permissions } = request;
    const idSecret = await merchants.idSecret(owner.merchantId);
    const readable = institutions.readable(consent.bank, permissions);
    const fetchedAt = clock.now();
    const writer = readable.includes('transactions')
      ? await this.#writer(owner, { idSecret, country: countryOf(consent.bank), fetchedAt })
      : undefined;
    const read = await this.#releasing(writer, {
      connector: institutions.connectorOf(consent.bank),
      consent,
      permissions,
      readable,
      from: (accountId) => firstDayOf(request, accountId),
      idSecret,
      earlier: await this.#earlier(request),
      fetchedAt,
      isLastTry: request.isLastTry,
      onMissing: ({ permission, reason }, err) =>
        logger.warn(
          { err, sessionId: owner.sessionId, bankId: consent.bank.id, permission, reason },
          'a part of the bank data could not be read',
        ),
    });
    return { ...read, writer };
  }

  async #earlier({ owner, renewOf }: FetchRequest): Promise<BankDocument | undefined> {
    const own = await this.document(owner);
    if (own || renewOf === undefined) return own;
    return this.document({ merchantId: owner.merchantId, sessionId: renewOf });
  }

  /** Leaves nobody waiting for a read that failed. */
  async #releasing(writer: TransactionWriter | undefined, reading: Omit<Reading, 'writer'>): Promise<Read> {
    try {
      return await readBank({ ...reading, writer });
    } catch (failure) {
      if (writer) await releaseLedger(dbOf(this.#deps.pool), writer.ledger).catch(() => undefined);
      throw failure;
    }
  }

  /** Makes what was fetched visible, in the caller's transaction. @throws FetchSuperseded */
  async publish(tx: Tx, owner: DataOwner, { document, raw, writer }: Fetched): Promise<void> {
    const now = this.#deps.clock.now();
    await this.#documents.save(tx, owner, document, raw, now);
    if (writer) await this.#bookings.publish(tx, writer, now);
  }

  /** From when on what was read before has to be read again; undefined where nothing was. */
  async readAgain(owner: DataOwner): Promise<ReadAgain | undefined> {
    const db = dbOf(this.#deps.pool);
    const [document, fetchedAt, publishedFetch] = await Promise.all([
      this.#documents.find(db, owner),
      this.#documents.fetchedAt(db, owner),
      publishedFetchOf(db, owner),
    ]);
    if (!document || !fetchedAt) return undefined;
    const accountIds = document.accounts.map(({ id }) => id);
    const oldestPending = await findOldestPending(db, owner, publishedFetch, accountIds);
    return readAgainFrom(document, fetchedAt, oldestPending);
  }

  /** Sessions of which something was made by older rules than today's, in one order, behind one of them. */
  async findOutdated(scope: Scope, after: DataOwner | undefined, limit: number): Promise<DataOwner[]> {
    return findOutdated(dbOf(this.#deps.pool), scope, after, limit);
  }

  /** Maps what the bank sent for a session once more, where that was done by older rules. Ids stay as they are. */
  async renormalise(owner: DataOwner, dryRun = false): Promise<Renormalised> {
    return this.#renormaliser.run(owner, { dryRun, patienceMs: readPatienceMs });
  }

  /** Gives up what was read and is not published, whoever reads it. */
  async discardUnpublished(tx: Tx, owner: DataOwner): Promise<void> {
    await discardUnpublished(tx, owner);
  }

  /** Erases all that was read for a session, published or not. */
  async erase(tx: Tx, owner: DataOwner): Promise<void> {
    await this.#documents.erase(tx, owner);
    await eraseTransactions(tx, owner);
  }

  /** Everything but the transactions; undefined where nothing is published. */
  async document(owner: DataOwner): Promise<BankDocument | undefined> {
    return this.#documents.find(dbOf(this.#deps.pool), owner);
  }

  /** As a retrieved session shows it. */
  async read(owner: DataOwner): Promise<BankData | undefined> {
    const found = await this.#documents.findPublished(dbOf(this.#deps.pool), owner);
    // Most sessions have no more than that, and one statement is of one moment by itself.
    if (!found?.hasTransactions) return found?.document;
    return snapshot(this.#deps.pool, async (db) => {
      const document = await this.#documents.find(db, owner);
      if (!document) return undefined;
      const rows = await this.#newest(db, owner, { limit: maxInSession + 1 });
      return rows ? withNewest(document, rows.transactions, maxInSession) : document;
    });
  }

  /** As an event shows it: no more transactions than fit. In the transaction that publishes them. */
  async readForEvent(tx: Tx, owner: DataOwner, document: BankDocument): Promise<BankData> {
    const rows = await this.#newest(tx, owner, { limit: maxInSession + 1 });
    if (!rows) return document;
    return withNewest(document, rows.transactions, fitting(document, rows.transactions));
  }

  /** Published transactions, newest first, of one moment; undefined where none were asked for. */
  async transactions(
    owner: DataOwner,
    filter: Omit<RowFilter, 'publishedFetch'>,
  ): Promise<Published | undefined> {
    return snapshot(this.#deps.pool, (db) => this.#newest(db, owner, filter));
  }

  async #newest(
    db: Db,
    owner: DataOwner,
    filter: Omit<RowFilter, 'publishedFetch'>,
  ): Promise<Published | undefined> {
    const publishedFetch = await publishedFetchOf(db, owner);
    if (publishedFetch === 0) return undefined;
    const rows = await findRows(db, owner, { ...filter, publishedFetch });
    return { publishedFetch, transactions: await this.#chunks.open(db, owner, rows) };
  }

  /** What a client that has everything up to the fetch `since` lacks, in pages. */
  async changes(owner: DataOwner, asked: ChangesAsked): Promise<Changes> {
    return snapshot(this.#deps.pool, (db) => this.#changes(db, owner, asked));
  }

  async #changes(db: Db, owner: DataOwner, asked: ChangesAsked): Promise<Changes> {
    const publishedFetch = await publishedFetchOf(db, owner);
    // A client that is ahead of us has seen what an older backup took back: it is told everything.
    const { since, until, after } = asked.since > publishedFetch ? { ...asked, ...fromTheStart } : asked;
    const end = Math.min(until ?? publishedFetch, publishedFetch);
    const { limit } = asked;
    const found = await findChanges(db, owner, { since, until: end, after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const living = page.filter((row) => !row.removed);
    const isNew = new Map(living.map((row) => [row.id, row.firstFetch > since]));
    const transactions = await this.#chunks.open(db, owner, living);
    return {
      rows: transactions.map((each) => ({ isNew: isNew.get(each.id) === true, transaction: each })),
      removedIds: page.filter((row) => row.removed).map((row) => row.id),
      since,
      until: end,
      last: page.at(-1),
      hasNext: found.length > limit,
    };
  }

  async #writer(
    owner: DataOwner,
    about: { idSecret: Buffer; country: string; fetchedAt: Date },
  ): Promise<TransactionWriter> {
    const { pool } = this.#deps;
    // Ids are made from what transactions say: rows of older rules would not be known again in what is read now.
    await this.#renormaliser.run(owner, { dryRun: false, patienceMs: 0 });
    const ledger = await transaction(pool, (tx) => beginFetch(tx, owner, about.fetchedAt));
    return new TransactionWriter({ db: dbOf(pool), chunks: this.#chunks, ledger, ...about });
  }
}

const fromTheStart = { since: 0, until: undefined, after: undefined };

function withNewest(document: BankDocument, rows: readonly TransactionData[], limit: number): BankData {
  return {
    ...document,
    transactions: rows.slice(0, limit),
    ...(rows.length > limit && { hasMoreTransactions: true }),
  };
}

/** How many of the newest rows fit into an event beside the rest. */
function fitting(document: BankDocument, rows: readonly TransactionData[]): number {
  let bytes = Buffer.byteLength(JSON.stringify(document));
  let count = 0;
  for (const row of rows.slice(0, maxInSession)) {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > maxInEventBytes) break;
    count += 1;
  }
  return count;
}

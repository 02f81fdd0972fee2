import { setImmediate as othersRun } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../banking/transaction.ts';
import type { Db } from '../platform/postgres/pool.ts';
import { findAliases, findTakenIds } from './booking-store.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { Ledger } from './ledger-store.ts';
import { toKept } from './raw-document.ts';
import { momentOf, toContent } from './transaction.ts';
import { TransactionIds } from './transaction-identity.ts';
import type { NewTransaction } from './transaction-row.ts';
import {
  appendChunk,
  chunkRows,
  discardAccount,
  findKnown,
  type NewChunk,
  type NewRow,
} from './transaction-store.ts';

/** The ids that an account's transactions keep, each given once: one transaction may be met under its old and new name. */
class KeptIds {
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #given = new Set<string>();

  constructor(aliases: ReadonlyMap<string, string>) {
    this.#aliases = aliases;
  }

  /** Undefined for a transaction that is there already. Names are told apart before: without aliases all are new. */
  of(name: string): string | undefined {
    if (this.#aliases.size === 0) return name;
    const id = this.#aliases.get(name) ?? name;
    if (this.#given.has(id)) return undefined;
    this.#given.add(id);
    return id;
  }
}

/** What one read has shown of an account whose report was read to its end. */
export interface AccountSeen {
  readonly accountId: string;
  /** The pending transactions that the bank still shows. */
  readonly pendingIds: ReadonlySet<string>;
}

export interface WriterDeps {
  readonly db: Db;
  readonly chunks: ChunkStore;
  readonly ledger: Ledger;
  readonly idSecret: Buffer;
  /** Where account numbers without a country of their own belong, ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly fetchedAt: Date;
}

/**
 * Takes the transactions of a fetch as they come, a chunk at a time: normalised, sealed, stored, and invisible until
 * the fetch is published. One chunk is written while the next is made and sealed; no more are ever in memory.
 */
export class TransactionWriter {
  readonly seen: AccountSeen[] = [];
  readonly #deps: WriterDeps;
  #chunkNo = 0;
  #chunks = 0;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  get ledger(): Ledger {
    return this.#deps.ledger;
  }

  /** How many chunks have to be there when the fetch is published. */
  get chunks(): number {
    return this.#chunks;
  }

  /**
   * False where the bank gives no report of this account at all. A report that fails half-way leaves nothing behind.
   * @throws BankFailure; FetchSuperseded
   */
  async write(accountId: string, pages: AsyncIterable<TransactionsPage>): Promise<boolean> {
    const { db, ledger, idSecret } = this.#deps;
    const aliases = await findAliases(db, ledger, accountId);
    const names = new TransactionIds(idSecret, accountId, await findTakenIds(db, ledger, accountId));
    const ids = new KeptIds(aliases);
    const pendingIds = new Set<string>();
    const chunksBefore = this.#chunks;
    let hasReport = false;
    let writing: Promise<void> = Promise.resolve();
    try {
      for await (const page of pages) {
        hasReport = true;
        for (let at = 0; at < page.length; at += chunkRows) {
          const chunk = page.slice(at, at + chunkRows).flatMap((transaction) => {
            const name = names.next(transaction);
            const id = name && ids.of(name);
            return id === undefined ? [] : this.#toKeep(id, transaction);
          });
          for (const { id, content } of chunk) if (content.status === 'pending') pendingIds.add(id);
          const sealed = await this.#seal(accountId, chunk);
          await writing;
          writing = this.#store(sealed);
          // It is awaited before the next chunk; until then its failure must not count as unheard.
          writing.catch(() => undefined);
          await othersRun();
        }
      }
      await writing;
    } catch (failure) {
      await writing.catch(() => undefined);
      await discardAccount(db, ledger, accountId);
      this.#chunks = chunksBefore;
      throw failure;
    }
    if (hasReport) this.seen.push({ accountId, pendingIds });
    return hasReport;
  }

  #toKeep(id: string, transaction: BankTransaction): NewTransaction {
    const { country, fetchedAt } = this.#deps;
    return {
      id,
      at: momentOf(transaction, fetchedAt),
      content: toContent(transaction, country),
      raw: { status: transaction.status, ...toKept(transaction) },
    };
  }

  /** Undefined where there is nothing new. */
  async #seal(accountId: string, transactions: readonly NewTransaction[]): Promise<NewChunk | undefined> {
    const { chunks, ledger } = this.#deps;
    const { kept, rows } = await this.#news(transactions);
    if (kept.length === 0) return undefined;
    const chunkNo = this.#chunkNo;
    this.#chunkNo += 1;
    const sealed = chunks.seal(ledger.owner, { fetchNo: ledger.fetchNo, chunkNo }, kept);
    return { accountId, chunkNo, sealed, rows };
  }

  async #store(chunk: NewChunk | undefined): Promise<void> {
    if (chunk === undefined) return;
    await appendChunk(this.#deps.db, this.#deps.ledger, chunk);
    this.#chunks += 1;
  }

  /** What earlier fetches do not know, or know otherwise; and since when each is known. */
  async #news(
    transactions: readonly NewTransaction[],
  ): Promise<{ kept: readonly NewTransaction[]; rows: NewRow[] }> {
    const { db, chunks, ledger } = this.#deps;
    const { fetchNo } = ledger;
    // Nothing is known to the first fetch, which is the long one.
    if (fetchNo === 1) return { kept: transactions, rows: transactions.map((each) => toRow(each, fetchNo)) };
    const ids = transactions.map(({ id }) => id);
    const known = (await findKnown(db, ledger, ids)).filter((row) => !row.removed);
    const contents = await chunks.contents(db, ledger.owner, known);
    const kept = transactions.filter(({ id, content }) => {
      return JSON.stringify(contents.get(id)) !== JSON.stringify(content);
    });
    const since = new Map(known.map((row) => [row.id, row.firstFetch]));
    return { kept, rows: kept.map((each) => toRow(each, since.get(each.id) ?? fetchNo)) };
  }
}

function toRow({ id, at, content }: NewTransaction, firstFetch: number): NewRow {
  return { id, at, pending: content.status === 'pending', firstFetch };
}

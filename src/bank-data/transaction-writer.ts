import { setImmediate as othersRun } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../banking/transaction.ts';
import type { Db } from '../platform/postgres/pool.ts';
import { findAliases } from './booking-store.ts';
import type { Ledger } from './ledger-store.ts';
import { momentOf, toContent } from './transaction.ts';
import { TransactionIds } from './transaction-identity.ts';
import type { TransactionRow } from './transaction-row.ts';
import { appendRows, batchRows, discardAccount } from './transaction-store.ts';

/** What one read has shown of an account whose report was read to its end. */
export interface AccountSeen {
  readonly accountId: string;
  /** The pending transactions that the bank still shows. */
  readonly pendingIds: ReadonlySet<string>;
}

/**
 * Takes the transactions of a fetch as they come, a batch at a time: normalised, sealed, stored, and invisible until
 * the fetch is published. One batch is written while the next is made; no more are ever in memory.
 */
export class TransactionWriter {
  readonly ledger: Ledger;
  readonly seen: AccountSeen[] = [];
  readonly #db: Db;
  readonly #idSecret: Buffer;
  readonly #country: string;
  readonly #fetchedAt: Date;

  constructor(db: Db, ledger: Ledger, about: { idSecret: Buffer; country: string; fetchedAt: Date }) {
    this.#db = db;
    this.ledger = ledger;
    this.#idSecret = about.idSecret;
    this.#country = about.country;
    this.#fetchedAt = about.fetchedAt;
  }

  /**
   * False where the bank gives no report of this account at all. A report that fails half-way leaves nothing behind.
   * @throws BankFailure; FetchSuperseded
   */
  async write(accountId: string, pages: AsyncIterable<TransactionsPage>): Promise<boolean> {
    const aliases = await findAliases(this.#db, this.ledger.owner.merchantId, accountId);
    const ids = new TransactionIds(this.#idSecret, accountId);
    const pendingIds = new Set<string>();
    let writing: Promise<void> | undefined;
    try {
      for await (const page of pages) {
        for (let at = 0; at < page.length || writing === undefined; at += batchRows) {
          const rows = page.slice(at, at + batchRows).flatMap((transaction) => {
            const name = ids.next(transaction);
            return name === undefined ? [] : this.#row(accountId, aliases.get(name) ?? name, transaction);
          });
          for (const row of rows) if (row.pending) pendingIds.add(row.id);
          await writing;
          writing = appendRows(this.#db, this.ledger, rows);
          // It is awaited before the next batch; until then its failure must not count as unheard.
          writing.catch(() => undefined);
          await othersRun();
        }
      }
      await writing;
    } catch (failure) {
      await writing?.catch(() => undefined);
      await discardAccount(this.#db, this.ledger, accountId);
      throw failure;
    }
    if (writing === undefined) return false;
    this.seen.push({ accountId, pendingIds });
    return true;
  }

  #row(accountId: string, id: string, transaction: BankTransaction): TransactionRow {
    const at = momentOf(transaction, this.#fetchedAt);
    const content = toContent(transaction, this.#country);
    const raw = { status: transaction.status, raw: transaction.raw };
    return this.ledger.sealer.seal({ id, accountId, at, content, raw }, this.#idSecret);
  }
}

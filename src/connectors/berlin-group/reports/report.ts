import { setImmediate as othersTurn } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';

/** One answer of a bank to the question for transactions. */
export interface Report {
  /** Mapped as they are taken. */
  readonly pages: AsyncIterable<TransactionsPage> | Iterable<TransactionsPage>;
  /** Where the report goes on. */
  readonly next?: string | undefined;
}

/** How many rows are mapped at a time: others wait meanwhile. */
export const rowsPerPage = 500;

/** Of a text that is read while it comes; some thousands of characters take about two milliseconds. */
export const bytesAtATime = 16 * 1_024;

/** Reads a report piece by piece, and holds no more of it than the rows that are being taken. */
export interface RowReader {
  /** The rows that this piece completes. */
  read(text: string): Iterable<BankTransaction>;
  /** The last rows. @throws BankFailure for a report without its end */
  end(): Iterable<BankTransaction>;
}

/** The rows of a text while it comes, a page of several at a time; the last page may be empty. */
export async function* pagesOfText(
  texts: AsyncIterable<string>,
  reader: RowReader,
): AsyncGenerator<TransactionsPage> {
  let page: BankTransaction[] = [];
  for await (const rows of rowsOf(texts, reader)) {
    for (const row of rows) {
      page.push(row);
      if (page.length < rowsPerPage) continue;
      yield page;
      page = [];
      await othersTurn();
    }
    await othersTurn();
  }
  yield page;
}

async function* rowsOf(
  texts: AsyncIterable<string>,
  reader: RowReader,
): AsyncGenerator<Iterable<BankTransaction>> {
  for await (const text of texts) yield reader.read(text);
  yield reader.end();
}

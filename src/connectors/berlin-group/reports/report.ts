import { setImmediate as othersTurn } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import type { BankStream } from '../bank-stream.ts';

/** One answer of a bank to the question for transactions. */
export interface Report {
  /** Mapped as they are taken. */
  readonly pages: AsyncIterable<TransactionsPage> | Iterable<TransactionsPage>;
  /** Where the report goes on. */
  readonly next?: string | undefined;
}

/** How many rows are mapped at a time: others wait meanwhile. */
export const rowsPerPage = 500;

/** Of a text that is read while it comes: what is gathered is memory that outlives everything else of the text. */
const rowsGathered = 250;

/** Of such a text, before it is the turn of others: about a millisecond. */
const bytesAtATime = 16 * 1_024;

/** Reads a report piece by piece, and holds no more of it than the rows that are being taken. */
export interface RowReader {
  /** The rows that this piece completes. */
  read(piece: Buffer): Iterable<BankTransaction>;
  /** The last rows. @throws BankFailure for a report without its end */
  end(): Iterable<BankTransaction>;
}

/** A stream of which enough has come to know what it is. */
export interface Begun extends Omit<BankStream, 'pieces'> {
  readonly start: Buffer;
  /** What follows; whoever reads it leaves it ended. */
  readonly rest: AsyncIterator<Buffer>;
}

/** @param minBytes of the beginning, if it has them */
export async function begun({ pieces, ...head }: BankStream, minBytes = 200): Promise<Begun> {
  const rest = pieces[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  for (let count = 0; count < minBytes; ) {
    const { done, value } = await rest.next();
    if (done) break;
    held.push(value);
    count += value.length;
  }
  return { ...head, start: Buffer.concat(held), rest };
}

/**
 * The rows of a text while it comes, a page of several at a time; the last page may be empty. One loop for all of it: a
 * generator for each step takes a quarter more time.
 */
export async function* pagesOf({ start, rest }: Begun, reader: RowReader): AsyncGenerator<TransactionsPage> {
  let page: BankTransaction[] = [];
  try {
    for (let piece: Buffer | undefined = start; piece !== undefined; piece = await following(rest)) {
      for (let at = 0; at < piece.length; at += bytesAtATime) {
        for (const row of reader.read(piece.subarray(at, at + bytesAtATime))) {
          page.push(row);
          if (page.length < rowsGathered) continue;
          yield page;
          page = [];
          await othersTurn();
        }
        await othersTurn();
      }
    }
    page.push(...reader.end());
    yield page;
  } finally {
    await rest.return?.();
  }
}

async function following(pieces: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const { done, value } = await pieces.next();
  return done ? undefined : value;
}

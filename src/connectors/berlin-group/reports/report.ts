import type { TransactionsPage } from '../../../banking/transaction.ts';

/** One answer of a bank to the question for transactions. */
export interface Report {
  /** Mapped as they are taken. */
  readonly pages: AsyncIterable<TransactionsPage> | Iterable<TransactionsPage>;
  /** Where the report goes on. */
  readonly next?: string | undefined;
}

/** How many rows are mapped at a time: others wait meanwhile. */
export const rowsPerPage = 500;

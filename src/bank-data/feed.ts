import type { TransactionRow } from './transaction-row.ts';

/** Where a page of the feed of changes ended. */
export type FeedPosition = Pick<TransactionRow, 'fetchNo' | 'chunkNo' | 'position' | 'id'>;

import type { Kept } from '../banking/remapping.ts';
import type { TransactionContent } from './transaction.ts';

/** A transaction that is to be kept. */
export interface NewTransaction {
  readonly id: string;
  readonly at: Date;
  readonly content: TransactionContent;
  readonly raw: KeptTransaction;
}

/** The bank's own object, and whether the bank listed it as booked or pending. */
export interface KeptTransaction extends Kept {
  readonly status: TransactionContent['status'];
}

/** Transactions that were sealed together. */
export interface Chunk {
  readonly fetchNo: number;
  readonly chunkNo: number;
  readonly accountId: string;
}

/** What of a kept transaction is in the clear: what lists are ordered and filtered by. */
export interface TransactionRow {
  readonly id: string;
  readonly accountId: string;
  readonly at: Date;
  /** Where its content lies. */
  readonly fetchNo: number;
  readonly chunkNo: number;
  readonly position: number;
}

/** A transaction of an account that is known already. */
export interface KnownRow extends TransactionRow {
  readonly firstFetch: number;
  readonly removed: boolean;
}

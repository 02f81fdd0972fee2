import type { AccountIdentifier } from './account.ts';

export interface BankTransaction {
  readonly status: 'booked' | 'pending';
  /** Exact decimal text without a sign. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** `debit`: money left the account. */
  readonly direction: 'credit' | 'debit';
  /** ISO dates, local to the bank; absent where the bank sends none. */
  readonly bookingDate?: string;
  readonly valueDate?: string;
  /** The day on which it happened (card payments), which is often before it was booked. */
  readonly transactionDate?: string;
  /** A moment, where the bank tells one. */
  readonly at?: Date;
  /** The other side: whom the money came from or went to. */
  readonly counterpartyName?: string;
  readonly counterpartyAccount?: AccountIdentifier;
  /** Remittance information, else what the bank says instead; lines joined by a line feed. */
  readonly description?: string;
  /** ISO 20022 domain-family-subfamily where it is sent so (`PMNT-RCDT-SALA`), else the bank's own code. */
  readonly bankTransactionCode?: string;
  /**
   * The bank's name for this entry within one report: the same name twice is the same entry, sent twice. Good
   * for nothing else, since many banks name an entry anew with every consent or every day.
   */
  readonly reference?: string;
  /**
   * The bank's name for this entry, only where the bank's profile says that it stays the same for ever. Ids
   * are made from it; a name that changes would make every transaction a new one.
   */
  readonly stableReference?: string;
  /** The bank's object as parsed. */
  readonly raw: unknown;
  /** How `raw` is to be read, where that is to be mapped again (`Remapping`): the connector's own word. */
  readonly rawForm?: string;
}

/** Which transactions to read. */
export interface TransactionsAsked {
  /** ISO date, local to the bank; the first day. */
  readonly from: string;
}

/** A piece of the report in the order of the bank; may be empty. */
export type TransactionsPage = readonly BankTransaction[];

import type { BankTransaction } from '../banking/transaction.ts';
import { type FinancialAddress, toFinancialAddress } from './account.ts';

/** A transaction as the merchant reads it. */
export interface TransactionData {
  id: string;
  accountId: string;
  /** Positive decimal string, exact; the direction is in `type`. */
  amount: string;
  currency: string;
  /** ISO 8601 UTC: the moment where the bank tells one, else its day at midnight. */
  timestamp: string;
  bookingDate?: string;
  valueDate?: string;
  type: 'credit' | 'debit';
  status: 'booked' | 'pending';
  counterpartyName?: string;
  counterpartyAccount?: FinancialAddress;
  description?: string;
  bankTransactionCode?: string;
}

/** All but what its row says by itself. */
export type TransactionContent = Omit<TransactionData, 'id' | 'accountId' | 'timestamp'>;

/** @param country where account numbers without a country of their own belong, ISO 3166-1 alpha-2 */
export function toContent(transaction: BankTransaction, country: string): TransactionContent {
  const { bookingDate, valueDate, counterpartyName, description, bankTransactionCode } = transaction;
  const account = transaction.counterpartyAccount;
  return {
    amount: transaction.amount,
    currency: transaction.currency,
    ...(bookingDate !== undefined && { bookingDate }),
    ...(valueDate !== undefined && { valueDate }),
    type: transaction.direction,
    status: transaction.status,
    ...(counterpartyName !== undefined && { counterpartyName }),
    ...(account && { counterpartyAccount: toFinancialAddress(account, { country }) }),
    ...(description !== undefined && { description }),
    ...(bankTransactionCode !== undefined && { bankTransactionCode }),
  };
}

/** When it happened, as well as the bank tells; `otherwise` where it tells nothing. */
export function momentOf(transaction: BankTransaction, otherwise: Date): Date {
  const { at, bookingDate, transactionDate, valueDate } = transaction;
  if (at !== undefined) return at;
  const day =
    transaction.status === 'booked'
      ? (bookingDate ?? valueDate ?? transactionDate)
      : (transactionDate ?? bookingDate ?? valueDate);
  // A date alone is midnight UTC (ECMA-262 section 21.4.1.32).
  return day === undefined ? otherwise : new Date(day);
}

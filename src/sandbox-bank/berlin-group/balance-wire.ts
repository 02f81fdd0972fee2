import { addDays } from '../clock.ts';
import type { Account } from '../personas/account.ts';
import type { Books } from '../personas/entry.ts';
import { balanceCents } from '../personas/movement.ts';

/** A balance as the bank knows it, before it is written in one format or another. */
export interface Balance {
  readonly type: 'closingBooked' | 'interimBooked' | 'interimAvailable' | 'nonInvoiced';
  readonly cents: number;
  readonly currency: string;
  readonly referenceDate: string;
  readonly creditLimitIncluded?: boolean;
}

/**
 * The balances of accounts in single currencies. Yesterday's movements are booked, today's are pending: they
 * count for what is available, not for what is booked.
 */
export function balancesOf(books: Books, accounts: readonly Account[]): readonly Balance[] {
  return accounts.flatMap((account) => balancesOfOne(books, account));
}

/** Schema balanceList. */
export function balancesWire(books: Books, accounts: readonly Account[]) {
  const { localTimestamps } = books.bank.deviations;
  return balancesOf(books, accounts).map(({ type, cents, currency, referenceDate, creditLimitIncluded }) => ({
    balanceAmount: { currency, amount: decimal(cents) },
    balanceType: type,
    ...(creditLimitIncluded !== undefined && { creditLimitIncluded }),
    referenceDate,
    ...(localTimestamps && { lastChangeDateTime: `${referenceDate}T08:30:00` }),
  }));
}

export function decimal(cents: number): string {
  const digits = Math.abs(cents).toString().padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function balancesOfOne(books: Books, account: Account): readonly Balance[] {
  const { today } = books;
  const { currency, creditLimitCents } = account;
  const yesterday = addDays(today, -1);
  const booked = bookedCents(books, account, today);
  const available = balanceCents(books.seed, books.bank, account, today) + creditLimitCents;
  return [
    {
      type: 'closingBooked',
      cents: bookedCents(books, account, yesterday),
      currency,
      referenceDate: yesterday,
    },
    { type: 'interimBooked', cents: booked, currency, referenceDate: today },
    {
      type: 'interimAvailable',
      cents: available,
      currency,
      creditLimitIncluded: creditLimitCents > 0,
      referenceDate: today,
    },
  ];
}

/** What is booked under the dates up to `day`: today's movements are not, however the account books. */
export function bookedCents({ seed, bank, today }: Books, account: Account, day: string): number {
  const isLate = account.habits.bookedLate === true;
  return balanceCents(seed, bank, account, isLate || day === today ? addDays(day, -1) : day);
}

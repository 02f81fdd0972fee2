import type { Bank } from '../bank.ts';
import { addDays } from '../clock.ts';
import { derivedUuid } from '../ids.ts';
import type { Account } from './account.ts';
import { dayOfHeavyId } from './heavy-movements.ts';
import { closingDay, type Movement, movementsOn, openingDay } from './movement.ts';

/** A row of a report: a movement as the bank shows it on one day of its clock. */
export interface Entry extends Movement {
  readonly account: Account;
  readonly isPending: boolean;
  /** What the bank calls it today; absent where it gives no ids. `id` itself is the bank's own and never shown. */
  readonly shownId?: string;
}

/** Where and when a bank's accounts are looked at. */
export interface Books {
  readonly seed: string;
  readonly bank: Bank;
  /** The bank's day: what happened today is pending, and booked tomorrow. */
  readonly today: string;
}

/** The rows of some accounts on one calendar day, the last one first. */
export function entriesOn(books: Books, accounts: readonly Account[], day: string): readonly Entry[] {
  return accounts
    .flatMap((account) => entriesOfOne(books, account, day))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** The days of a period on which there can be rows, the newest first. */
export function* daysBack(from: string, to: string): Generator<string> {
  const end = from > openingDay ? from : openingDay;
  for (let day = to < closingDay ? to : closingDay; day >= end; day = addDays(day, -1)) yield day;
}

/** A booked row by the id that the bank shows today. */
export function findEntry(books: Books, accounts: readonly Account[], shownId: string): Entry | undefined {
  const isHeavy = accounts.some(({ activity }) => activity === 'heavy');
  const days = isHeavy ? [dayOfHeavyId(shownId)] : daysBack(openingDay, books.today);
  for (const day of days) {
    const found = entriesOn(books, accounts, day).find(
      (entry) => entry.shownId === shownId && !entry.isPending,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function entriesOfOne(books: Books, account: Account, day: string): readonly Entry[] {
  const { seed, bank, today } = books;
  const { habits } = account;
  if (habits.historyDays !== undefined && day < addDays(today, -habits.historyDays)) return [];
  const isPending = day === today;
  if (habits.bookedLate) return bookedLate(books, account, day);
  return movementsOn(seed, bank, account, day).map((movement) => ({
    ...movement,
    account,
    isPending,
    ...shownId(movement, account, today, isPending),
  }));
}

/** A pending movement has nothing yet to know it by. */
function shownId({ id }: Movement, { habits }: Account, today: string, isPending: boolean) {
  if (isPending || habits.withoutIds) return {};
  return { shownId: habits.idsChangeDaily ? derivedUuid(id, today) : id };
}

/** What was pending yesterday is booked today: under today's date, and with another id and text. */
function bookedLate({ seed, bank, today }: Books, account: Account, day: string): readonly Entry[] {
  const booked = movementsOn(seed, bank, account, addDays(day, -1)).map((movement) => ({
    ...movement,
    day,
    account,
    isPending: false,
    shownId: movement.id,
  }));
  if (day !== today) return booked;
  const pending = movementsOn(seed, bank, account, day).map((movement) => ({
    ...movement,
    id: derivedUuid(movement.id, 'pending'),
    text: `VORGEMERKT ${movement.text.toUpperCase()}`.slice(0, 35),
    counterparty: {
      ...movement.counterparty,
      name: movement.counterparty.name.toUpperCase().slice(0, 18).trim(),
    },
    account,
    isPending: true,
    shownId: derivedUuid(movement.id, 'pending'),
  }));
  return [...booked, ...pending];
}

import { canonicalAmount } from '../core/money.ts';
import { folded } from './transaction-identity.ts';

/** What of a transaction tells whether a booking is what was pending before. */
export interface Matchable {
  readonly id: string;
  readonly at: Date;
  readonly amount: string;
  readonly currency: string;
  readonly type: 'credit' | 'debit';
  readonly counterpartyName?: string | undefined;
  readonly description?: string | undefined;
}

/** A pending transaction is booked at the latest this many days after it was announced. */
export const matchWindowDays = 14;
/** Banks date a pending row by the day they show it, and the booking by the day it counts. */
export const backwardDays = 2;
const dayMs = 86_400_000;

/** The earliest that what is booked at this moment can have been announced. */
export function announcedSince(booked: Date): Date {
  return new Date(booked.getTime() - (matchWindowDays + 1) * dayMs);
}

/**
 * Which booked transactions are which pending ones: the same amount and direction, within the days of the
 * window, and the same counterparty or text in essence; the nearest in time first, each at most once. A booking in another
 * amount (a tip, an exchange rate) is another transaction.
 *
 * @param others by pending id, the booked ones that it is known not to be
 * @returns the pending id by the booked one's
 */
export function matchPending(
  pending: readonly Matchable[],
  booked: readonly Matchable[],
  others: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): ReadonlyMap<string, string> {
  const byMoney = Map.groupBy(booked, moneyOf);
  const pairs = pending
    .flatMap((before) =>
      (byMoney.get(moneyOf(before)) ?? [])
        .filter((after) => !others.get(before.id)?.has(after.id) && isSame(before, after))
        .map((after) => ({ before, after })),
    )
    .sort((a, b) => distanceOf(a) - distanceOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  const matched = new Map<string, string>();
  const used = new Set<string>();
  for (const { before, after } of pairs) {
    if (used.has(before.id) || matched.has(after.id)) continue;
    used.add(before.id);
    matched.set(after.id, before.id);
  }
  return matched;
}

function moneyOf({ amount, currency, type }: Matchable): string {
  return `${canonicalAmount(amount)} ${currency} ${type}`;
}

function isSame(before: Matchable, after: Matchable): boolean {
  const days = (after.at.getTime() - before.at.getTime()) / dayMs;
  if (days < -backwardDays || days > matchWindowDays) return false;
  const names = [before.counterpartyName, after.counterpartyName].map(essence);
  const texts = [before.description, after.description].map(essence);
  // A name may stand in the text while the transaction is pending, and in its own field once it is booked.
  return [
    [names[0], names[1]],
    [texts[0], texts[1]],
    [texts[0], names[1]],
    [names[0], texts[1]],
  ].some(([a = '', b = '']) => resembles(a, b));
}

/** Letters and digits only: banks change case, spacing and punctuation between the two. */
function essence(text: string | undefined): string {
  return folded(text)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

const leastLength = 4;

function resembles(a: string, b: string): boolean {
  if (a === '' || b === '') return false;
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= leastLength && long.includes(short);
}

interface Pair {
  readonly before: Matchable;
  readonly after: Matchable;
}

function distanceOf({ before, after }: Pair): number {
  return Math.abs(after.at.getTime() - before.at.getTime());
}

/** So that equal distances are settled the same way whatever the order of the read. */
function nameOf({ before, after }: Pair): string {
  return `${before.id} ${after.id}`;
}

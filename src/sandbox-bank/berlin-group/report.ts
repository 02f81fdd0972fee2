import { localDate } from '../clock.ts';
import { derivedFractions } from '../ids.ts';
import type { Account } from '../personas/account.ts';
import { type Books, daysBack, type Entry, entriesOn } from '../personas/entry.ts';
import type { Call } from './operation.ts';
import type { ReadAccount } from './reading.ts';
import { type Order, type Position, parseReportRequest, type ReportRequest } from './report-request.ts';
import { requestIdOf } from './request-headers.ts';
import { TppError } from './tpp-error.ts';

/** A page of a report. */
export interface Report {
  readonly asked: ReportRequest;
  readonly rows: readonly Entry[];
  /** Where the next page begins; absent on the last. */
  readonly end?: Position;
}

/** The books of the bank of a call, as they stand now. */
export function booksOf({ sandbox, bank }: Pick<Call, 'sandbox' | 'bank'>): Books {
  return { seed: sandbox.seed, bank, today: localDate(sandbox.clock.now(), bank.timeZone) };
}

/** What a call of the report asks for; read before anything else of it, so that nonsense is not counted. */
export function askedReport({ request, bank, sandbox }: Call): ReportRequest {
  return parseReportRequest(request, bank, localDate(sandbox.clock.now(), bank.timeZone));
}

/** The rows of the report that lie on this account, each day's made when its first one is taken. */
export function rowsOn(call: Call, account: Account, asked: ReportRequest, order: Order): Iterable<Entry> {
  return rowsOf(booksOf(call), [account], asked, order);
}

/** One page. Only the days that it shows are made, whatever the length of the report. */
export function reportPage(call: Call, reading: ReadAccount, asked: ReportRequest): Report {
  const pageSize = Math.min(call.bank.pageSize, asked.limit ?? call.bank.pageSize);
  const order = asked.after?.order ?? orderFor(call);
  const rows: Entry[] = [];
  let isLast = true;
  for (const row of rowsOf(booksOf(call), reading.ledgers, asked, order)) {
    if (rows.length === pageSize) {
      isLast = false;
      break;
    }
    rows.push(row);
  }
  const repeats = reading.ledgers.some(({ habits }) => habits.repeatsRows);
  // A page that repeats ends, for the next one, before its last row.
  const end = repeats && rows.length > 1 ? rows.at(-2) : rows.at(-1);
  return {
    asked,
    rows: shown(call, repeats ? rows.flatMap(twiceAtTimes) : rows),
    ...(!isLast && end !== undefined && { end: { day: end.day, id: end.id, order } }),
  };
}

/** The rows of the report behind the place where the last page ended, in an order that stays. */
function* rowsOf(
  books: Books,
  ledgers: readonly Account[],
  asked: ReportRequest,
  order: Order,
): Generator<Entry> {
  const { dateFrom, dateTo, after } = asked;
  let isBehind = after === undefined;
  for (const day of daysIn(order, dateFrom, dateTo, after)) {
    const entries = entriesOn(books, ledgers, day);
    for (const entry of order === 'newestFirst' ? entries : [...entries].reverse()) {
      if (!isBehind) isBehind = entry.id === after?.id;
      else if (entry.isPending ? asked.pending : asked.booked) yield entry;
    }
    // The row may only be on the very day that the link names.
    if (!isBehind) break;
  }
  if (!isBehind) throw new TppError('RESOURCE_UNKNOWN', 'This page has gone.', { status: 403 });
}

function daysIn(order: Order, dateFrom: string, dateTo: string, after?: Position): Iterable<string> {
  if (order === 'oldestFirst') return [...daysBack(laterOf(dateFrom, after?.day), dateTo)].reverse();
  return daysBack(dateFrom, after !== undefined && after.day < dateTo ? after.day : dateTo);
}

function laterOf(day: string, other: string | undefined): string {
  return other !== undefined && other > day ? other : day;
}

/** Every tenth row comes twice. */
function twiceAtTimes(row: Entry, index: number): readonly Entry[] {
  return index % 10 === 9 ? [row, row] : [row];
}

function orderFor(call: Call): Order {
  if (!call.bank.deviations.reorderedPages) return 'newestFirst';
  return chance(call, 'order') < 0.5 ? 'newestFirst' : 'oldestFirst';
}

/** The rows of the page as they stand on it: at some banks in another order at each call. */
function shown(call: Call, rows: readonly Entry[]): readonly Entry[] {
  if (!call.bank.deviations.reorderedPages) return rows;
  const places = rows.map((row, index) => ({ row, place: chance(call, `${index}`) }));
  return places.sort((a, b) => a.place - b.place).map(({ row }) => row);
}

/** By the request, so that a recorded run can be played again. */
function chance({ request }: Call, what: string): number {
  return derivedFractions(requestIdOf(request) ?? '', what)(0);
}

import { accountsPath } from '../addresses.ts';
import { localDate } from '../clock.ts';
import { movementsOf } from '../personas/movement.ts';
import { pathParameter } from '../request-parts.ts';
import { balancesWire } from './balance-wire.ts';
import type { Call, Links, Operation } from './operation.ts';
import { type ReadAccount, readAccount } from './reading.ts';
import {
  asksForBalances,
  isFurtherPage,
  pageParameter,
  parseReportRequest,
  type ReportRequest,
} from './report-request.ts';
import { TppError } from './tpp-error.ts';
import { type Entry, transactionWire } from './transaction-wire.ts';

export const transactionOperations: readonly Operation[] = [
  { name: 'transactions', method: 'GET', path: '/accounts/:accountId/transactions', handle: list },
  {
    name: 'transaction',
    method: 'GET',
    path: '/accounts/:accountId/transactions/:transactionId',
    handle: read,
  },
];

const entriesPerPage = 50;

function list(call: Call) {
  const { sandbox, bank, request } = call;
  const today = localDate(sandbox.clock.now(), bank.timeZone);
  const asked = parseReportRequest(request, today);
  const reading = readAccount(call, 'transactions', !isFurtherPage(request));
  const { page, isLast } = pageOf(entries(call, reading, asked, today), asked.after);
  const href = `${accountsPath(bank)}/${reading.readable.resourceId}`;
  const rows = (pending: boolean) =>
    page
      .filter((entry) => isPending(entry, today) === pending)
      .map((entry) => transactionWire(entry, pending, href));
  const withBalance = asksForBalances(request) && reading.readable.rights.balances;
  return {
    account: { ...reading.readable.account.number },
    transactions: {
      ...(asked.booked && { booked: rows(false) }),
      ...(asked.pending && { pending: rows(true) }),
      _links: { account: { href }, ...(!isLast && nextLink(call, asked, page.at(-1))) },
    },
    ...(withBalance && { balances: balancesWire(sandbox, bank, reading.ledgers) }),
  };
}

function read(call: Call) {
  const today = localDate(call.sandbox.clock.now(), call.bank.timeZone);
  const reading = readAccount(call, 'transactions');
  const all: ReportRequest = { booked: true, pending: false, dateFrom: '', dateTo: today };
  const id = pathParameter(call.request, 'transactionId');
  const entry = entries(call, reading, all, today).find((each) => each.id === id);
  if (entry === undefined) throw unknown('This account has no such transaction.');
  const { _links, ...transactionsDetails } = transactionWire(entry, false, '');
  // With an s in the official description; older banks write `transactionDetails`.
  return { transactionsDetails };
}

/** What was asked for, newest first; in an order that stays when new movements come. */
function entries(
  { sandbox, bank }: Call,
  reading: ReadAccount,
  asked: ReportRequest,
  today: string,
): readonly Entry[] {
  return reading.ledgers
    .flatMap((account) =>
      movementsOf(sandbox.seed, bank, account, today).map((each) => ({ ...each, account })),
    )
    .filter(({ day }) => day >= asked.dateFrom && day <= asked.dateTo)
    .filter((entry) => (isPending(entry, today) ? asked.pending : asked.booked))
    .sort((a, b) => (`${a.day} ${a.id}` < `${b.day} ${b.id}` ? 1 : -1));
}

function pageOf(all: readonly Entry[], after: string | undefined) {
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw unknown('This page has gone.');
  const page = all.slice(start, start + entriesPerPage);
  return { page, isLast: start + entriesPerPage >= all.length };
}

/** RESOURCE_UNKNOWN is 403 for what is no account. */
function unknown(text: string): TppError {
  return new TppError('RESOURCE_UNKNOWN', text, { status: 403 });
}

/** Movements are booked on the day after they happened. */
function isPending(entry: Entry, today: string): boolean {
  return entry.day === today;
}

function nextLink({ request }: Call, asked: ReportRequest, last: Entry | undefined): Links {
  const url = new URL(request.url, 'http://bank.invalid');
  url.searchParams.set('dateTo', asked.dateTo);
  url.searchParams.set('page', pageParameter(last?.id ?? ''));
  return { next: { href: `${url.pathname}${url.search}` } };
}

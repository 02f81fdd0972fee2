import { accountsPath } from '../addresses.ts';
import type { ReportFormat } from '../bank.ts';
import { findEntry } from '../personas/entry.ts';
import { pathParameter } from '../request-parts.ts';
import { asItIsMade } from './as-it-is-made.ts';
import { balancesWire } from './balance-wire.ts';
import { camtReport } from './camt-report.ts';
import { mt940Report } from './mt940-report.ts';
import type { Call, Operation } from './operation.ts';
import { type ReadAccount, readAccount } from './reading.ts';
import { askedReport, booksOf, reportPage } from './report.ts';
import { asksForBalances, isFurtherPage, nextPage, type ReportRequest } from './report-request.ts';
import { asksForStandingOrders, standingOrderReport } from './standing-order-report.ts';
import { formatError, TppError } from './tpp-error.ts';
import { transactionWire } from './transaction-wire.ts';

const contentTypes: Readonly<Record<ReportFormat, string>> = {
  json: 'application/json',
  camt: 'application/xml',
  mt940: 'text/plain',
};

export const transactionOperations: readonly Operation[] = [
  {
    name: 'transactions',
    method: 'GET',
    path: '/accounts/:accountId/transactions',
    handle: list,
    contentType: (bank) => contentTypes[bank.reportFormat],
  },
  {
    name: 'transaction',
    method: 'GET',
    path: '/accounts/:accountId/transactions/:transactionId',
    handle: read,
  },
];

function list(call: Call) {
  if (asksForStandingOrders(call.request, call.bank))
    return standingOrderReport(call, readAccount(call, 'transactions'));
  const asked = askedReport(call);
  const { reportFormat } = call.bank;
  // What comes in one document has no further page.
  if (reportFormat !== 'json' && asked.after !== undefined)
    throw formatError('page', 'No link of this bank has led here.');
  const reading = readAccount(call, 'transactions', !isFurtherPage(call.request));
  if (reportFormat === 'json') return jsonReport(call, reading, asked);
  call.reply.type(`${contentTypes[reportFormat]}; charset=utf-8`);
  const report = reportFormat === 'camt' ? camtReport : mt940Report;
  return asItIsMade(call.reply, report(call, reading, asked));
}

function jsonReport(call: Call, reading: ReadAccount, asked: ReportRequest) {
  const { rows, end } = reportPage(call, reading, asked);
  const href = `${accountsPath(call.bank)}/${reading.readable.resourceId}`;
  const those = (isPending: boolean) =>
    rows
      .filter((entry) => entry.isPending === isPending)
      .map((entry) => transactionWire(entry, href, call.bank.deviations));
  const withBalance = asksForBalances(call.request) && reading.readable.rights.balances;
  return {
    account: { ...reading.readable.account.number },
    transactions: {
      ...(asked.booked && { booked: those(false) }),
      ...(asked.pending && { pending: those(true) }),
      _links: {
        account: { href },
        ...(end !== undefined && { next: { href: nextPage(call.request, asked, end) } }),
      },
    },
    ...(withBalance && { balances: balancesWire(booksOf(call), reading.ledgers) }),
  };
}

function read(call: Call) {
  const { ledgers } = readAccount(call, 'transactions');
  const entry = findEntry(booksOf(call), ledgers, pathParameter(call.request, 'transactionId'));
  if (entry === undefined) {
    // RESOURCE_UNKNOWN is 403 for what is no account.
    throw new TppError('RESOURCE_UNKNOWN', 'This account has no such transaction.', { status: 403 });
  }
  const { _links, ...transactionsDetails } = transactionWire(entry, '', call.bank.deviations);
  // With an s in the official description; older banks write `transactionDetails`.
  return { transactionsDetails };
}

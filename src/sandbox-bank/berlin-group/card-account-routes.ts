import { cardAccountsPath } from '../addresses.ts';
import type { Account } from '../personas/account.ts';
import { balancesWire } from './balance-wire.ts';
import { cardAccountWire, cardTransactionWire, debitAccounting } from './card-account-wire.ts';
import type { Call, Operation } from './operation.ts';
import { notCovered, type ReadableAccount, type Reading, readAccount, readAccounts } from './reading.ts';
import { askedReport, booksOf, reportPage } from './report.ts';
import { asksForBalances, isFurtherPage, nextPage } from './report-request.ts';
import { TppError } from './tpp-error.ts';

const account = '/card-accounts/:accountId';

/** The cards of a bank that keeps them apart from its accounts; elsewhere there is nothing at these addresses. */
export const cardAccountOperations: readonly Operation[] = [
  { name: 'cardAccounts', method: 'GET', path: '/card-accounts', handle: list },
  { name: 'cardAccount', method: 'GET', path: account, handle: read },
  { name: 'cardBalances', method: 'GET', path: `${account}/balances`, handle: readBalances },
  { name: 'cardTransactions', method: 'GET', path: `${account}/transactions`, handle: listTransactions },
];

function list(call: Call) {
  checkHasCards(call);
  const withBalance = asksForBalances(call.request);
  const reading = readAccounts(call, 'card');
  return { cardAccounts: reading.accounts.map((each) => described(call, reading, each, withBalance)) };
}

function read(call: Call) {
  checkHasCards(call);
  const withBalance = asksForBalances(call.request);
  const reading = readAccount(call, 'details', true, 'card');
  return { cardAccount: described(call, reading, reading.readable, withBalance) };
}

function readBalances(call: Call) {
  checkHasCards(call);
  const { readable } = readAccount(call, 'balances', true, 'card');
  return {
    cardAccount: readable.account.number,
    debitAccounting,
    balances: balances(call, readable.account),
  };
}

function listTransactions(call: Call) {
  checkHasCards(call);
  const asked = askedReport(call);
  const reading = readAccount(call, 'transactions', !isFurtherPage(call.request), 'card');
  const { rows, end } = reportPage(call, reading, asked);
  const { readable } = reading;
  const { today } = booksOf(call);
  const those = (isPending: boolean) =>
    rows.filter((row) => row.isPending === isPending).map((row) => cardTransactionWire(row, today));
  const withBalance = asksForBalances(call.request) && readable.rights.balances;
  return {
    cardAccount: readable.account.number,
    debitAccounting,
    cardTransactions: {
      ...(asked.booked && { booked: those(false) }),
      ...(asked.pending && { pending: those(true) }),
      _links: {
        cardAccount: { href: `${cardAccountsPath(call.bank)}/${readable.resourceId}` },
        ...(end !== undefined && { next: { href: nextPage(call.request, asked, end) } }),
      },
    },
    ...(withBalance && { balances: balances(call, readable.account) }),
  };
}

function described(call: Call, { persona }: Reading, readable: ReadableAccount, withBalance: boolean) {
  const description = cardAccountWire(readable, persona, call.bank);
  if (!withBalance) return description;
  if (!readable.rights.balances) throw notCovered();
  return { ...description, balances: balances(call, readable.account) };
}

/** Those of an account, and what has been spent but not invoiced yet. */
function balances(call: Call, card: Account) {
  return balancesWire(booksOf(call), [card]).flatMap((balance) =>
    balance.balanceType === 'interimBooked'
      ? [balance, { ...balance, balanceType: 'nonInvoiced' }]
      : [balance],
  );
}

function checkHasCards({ bank }: Call): void {
  if (!bank.cardAccounts) throw new TppError('RESOURCE_UNKNOWN', 'There is nothing at this address.');
}

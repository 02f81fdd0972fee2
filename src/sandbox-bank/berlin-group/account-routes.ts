import type { Account } from '../personas/account.ts';
import { accountWire } from './account-wire.ts';
import { balancesWire } from './balance-wire.ts';
import type { Call, Operation } from './operation.ts';
import {
  ledgersOf,
  notCovered,
  type ReadableAccount,
  type Reading,
  readAccount,
  readAccounts,
} from './reading.ts';
import { booksOf } from './report.ts';
import { asksForBalances } from './report-request.ts';

export const accountOperations: readonly Operation[] = [
  { name: 'accounts', method: 'GET', path: '/accounts', handle: list },
  { name: 'account', method: 'GET', path: '/accounts/:accountId', handle: read },
  { name: 'balances', method: 'GET', path: '/accounts/:accountId/balances', handle: readBalances },
];

function list(call: Call) {
  const withBalance = asksForBalances(call.request);
  const reading = readAccounts(call);
  const accounts = reading.accounts.map((each) => described(call, reading, each, withBalance));
  return { accounts: call.bank.deviations.accountsOneByOne ? accounts.map(numbersAndLinks) : accounts };
}

function read(call: Call) {
  const withBalance = asksForBalances(call.request);
  const reading = readAccount(call, 'details');
  return { account: described(call, reading, reading.readable, withBalance) };
}

function readBalances(call: Call) {
  const { readable, ledgers } = readAccount(call, 'balances');
  return { account: readable.account.number, balances: balances(call, ledgers) };
}

function described(call: Call, { persona }: Reading, readable: ReadableAccount, withBalance: boolean) {
  const description = accountWire(readable, persona, call.bank);
  // Of a blocked account nobody learns what is on it, by this way either.
  if (!withBalance || readable.account.status === 'blocked') return description;
  if (!readable.rights.balances) throw notCovered();
  return { ...description, balances: balances(call, ledgersOf(call, persona, readable.account)) };
}

function balances(call: Call, ledgers: readonly Account[]) {
  return balancesWire(booksOf(call), ledgers);
}

/** All that some banks tell in the list: what it takes to read each account by itself. */
function numbersAndLinks(account: ReturnType<typeof described>) {
  const told = ['resourceId', 'iban', 'bban', 'maskedPan', 'currency', '_links'];
  return Object.fromEntries(Object.entries(account).filter(([name]) => told.includes(name)));
}

import { accountsPath } from '../addresses.ts';
import { queryOf } from '../request-parts.ts';
import { balancesWire } from './balance-wire.ts';
import type { Call, Links, Operation } from './operation.ts';
import { type ReadAccount, type ReadableAccount, readAccount, readAccounts } from './reading.ts';
import { booksOf, reportPage } from './report.ts';
import { isFurtherPage, nextPage } from './report-request.ts';
import { askedBalances, askedRows, checkQuery } from './token-bank-query.ts';
import { TppError } from './tpp-error.ts';
import { transactionWire } from './transaction-wire.ts';

/**
 * The reads of a bank without consents (deviation `withoutConsents`), below `/v3`. Formed after the Account Information
 * API 3.0.1 of ING (developer.ing.com): no details of one account, and a query of its own.
 */
export const tokenBankOperations: readonly Operation[] = [
  { name: 'accounts', method: 'GET', path: '/accounts', handle: listAccounts },
  { name: 'balances', method: 'GET', path: '/accounts/:accountId/balances', handle: readBalances },
  {
    name: 'transactions',
    method: 'GET',
    path: '/accounts/:accountId/transactions',
    handle: listTransactions,
  },
];

/** An account of several currencies is told as one of each, all of one number. */
function listAccounts(call: Call) {
  checkQuery(call.request, []);
  const { accounts, persona } = readAccounts(call);
  const told = accounts.filter(({ account }) => account.currencyAccounts.length === 0);
  if (told.length === 0) throw new TppError('RESOURCE_UNKNOWN', 'The customer has granted no account.');
  return {
    accounts: told.map((readable) => {
      const { resourceId, account } = readable;
      const { name: owner } = account.owners.find(({ role }) => role === 'owner') ?? { name: persona.name };
      return {
        resourceId,
        ...account.number,
        ...(!persona.withoutOwnerName && { name: owner }),
        product: account.product,
        currency: account.currency,
        _links: links(call, readable),
      };
    }),
  };
}

function links({ bank }: Call, { resourceId, rights }: ReadableAccount): Links {
  const account = `${accountsPath(bank)}/${resourceId}`;
  return {
    ...(rights.balances && { balances: { href: `${account}/balances` } }),
    ...(rights.transactions && { transactions: { href: `${account}/transactions` } }),
  };
}

function readBalances(call: Call) {
  checkQuery(call.request, ['balanceTypes', 'currency']);
  const reading = readAccount(call, 'balances');
  const asked = askedBalances(call.request);
  const all = balancesWire(booksOf(call), inCurrency(call, reading).ledgers);
  const balances = asked === undefined ? all : all.filter(({ balanceType }) => asked.includes(balanceType));
  return { account: reference(reading), balances };
}

function listTransactions(call: Call) {
  checkQuery(call.request, ['dateFrom', 'dateTo', 'currency', 'limit', 'page']);
  const asked = askedRows(call);
  const reading = inCurrency(call, readAccount(call, 'transactions', !isFurtherPage(call.request)));
  const { rows, end } = reportPage(call, reading, asked);
  const those = (isPending: boolean) =>
    rows
      .filter((entry) => entry.isPending === isPending)
      .map((entry) => {
        const { _links, ...row } = transactionWire(entry, '', call.bank.deviations);
        return row;
      });
  return {
    account: reference(reading),
    transactions: {
      booked: those(false),
      pending: those(true),
      info: [],
      standingOrderAgreementInformation: [],
      ...(end !== undefined && { _links: { next: { href: nextPage(call.request, asked, end) } } }),
    },
  };
}

function reference({ readable: { account } }: ReadAccount) {
  return { ...account.number, currency: account.currency };
}

/** Where several accounts have one number, the call has to say which of them it means. */
function inCurrency({ request }: Call, reading: ReadAccount): ReadAccount {
  const { currency: asked } = queryOf(request);
  const { account } = reading.readable;
  const number = JSON.stringify(account.number);
  const sharing = reading.accounts.filter((each) => JSON.stringify(each.account.number) === number);
  const isRight = asked === undefined ? sharing.length === 1 : asked === account.currency;
  if (isRight) return reading;
  throw new TppError('REQUESTED_CURRENCY_INVALID', 'The currency of this account is expected.', {
    path: 'currency',
  });
}

import { describe, expect, it } from 'vitest';
import type { Permission } from '../../src/banking/permission.ts';
import {
  accessTo,
  authorised,
  bank,
  connector,
  failureOf,
  openAccount,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import { expectBalancesAgain } from './mapped-again.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

const route = 'GET /v1/accounts/r1/balances';
const both: readonly Permission[] = ['balances', 'transactions'];
const row = { balanceAmount: { amount: '-12.50', currency: 'EUR' }, balanceType: 'interimBooked' };
const mapped = { type: 'interimBooked', amount: '-12.50', currency: 'EUR', raw: row, rawForm: 'balance' };
const listed = { resourceId: 'r1', iban: 'DE1', currency: 'EUR' };

async function balances(profile: object = {}) {
  const { access, account } = await openAccount(profile);
  const read = await connector.balances(bank(profile), access, account);
  expectBalancesAgain(connector.remap(bank(profile)), account, read);
  return read;
}

describe('balances of an account', () => {
  it('are asked for under the consent, by the link of the account', async () => {
    const linked = { ...listed, _links: { balances: { href: '/v1/money/r1' } } };
    scripted.follow(
      working({
        'GET /v1/accounts': { json: { accounts: [linked] } },
        'GET /v1/money/r1': { json: { account: { iban: 'DE1' }, balances: [row] } },
      }),
    );
    expect(await balances()).toEqual([mapped]);
    expect(scripted.to('GET /v1/money/r1')[0]?.headers).toMatchObject({
      accept: 'application/json',
      'consent-id': 'consent-1',
      authorization: 'Bearer access-1',
      'psu-ip-address': '192.0.2.10',
    });
    expect([...(scripted.to('GET /v1/accounts')[0]?.query ?? [])]).toEqual([]);
  });

  it('are asked for where the standard has them, if the account links to nothing', async () => {
    scripted.follow(working({ [route]: { json: { balances: [row, { ...row, balanceType: 'ITAV' }] } } }));
    expect(await balances()).toMatchObject([mapped, { type: 'interimAvailable' }]);
  });

  it.each([
    ['no balances', { json: { balances: [] } }],
    ['nothing to say', { status: 204 }],
  ] as const)('are none for %s', async (_, reply) => {
    scripted.follow(working({ [route]: reply as Reply }));
    expect(await balances()).toEqual([]);
  });

  it('are none where the bank links to transactions only', async () => {
    const linked = { ...listed, _links: { transactions: { href: '/v1/accounts/r1/transactions' } } };
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts: [linked] } } }));
    expect(await balances()).toEqual([]);
  });

  it.each([
    ['retry-later', { json: {} }],
    ['retry-later', { json: { balances: 'none' } }],
    ['retry-later', { text: '<html>' }],
    ['retry-later', tppError(429, 'ACCESS_EXCEEDED')],
    ['user-must-act', tppError(401, 'CONSENT_EXPIRED')],
    ['bank-refused', { json: { balances: [{ ...row, balanceAmount: { amount: '1,5', currency: 'EUR' } }] } }],
    ['bank-refused', { json: { balances: [row, null] } }],
    ['bank-refused', tppError(400, 'RESOURCE_BLOCKED')],
    ['bank-refused', tppError(403, 'RESOURCE_BLOCKED')],
    ['bank-refused', { json: { balances: Array.from({ length: 1_001 }, () => ({})) } }],
  ] as const)('fail (%s) for %j', async (kind, reply) => {
    scripted.follow(working({ [route]: reply as Reply }));
    const failure = await failureOf(balances());
    expect(failure.kind).toBe(kind);
    expect(failure.message).not.toContain('1,5');
  });

  it('are never asked for at another host', async () => {
    const linked = { ...listed, _links: { balances: { href: 'https://elsewhere.test/b' } } };
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts: [linked] } } }));
    expect((await failureOf(balances())).kind).toBe('operator-fault');
  });
});

describe('balances with the list of accounts', () => {
  const withBalances = { json: { accounts: [{ ...listed, balances: [row] }] } };

  async function read(permissions: readonly Permission[], profile: object = {}) {
    scripted.calls.length = 0;
    const { access, account } = await openAccount(profile, permissions);
    const query = scripted.to('GET /v1/accounts')[0]?.query.toString();
    const read = await connector.balances(bank(profile), access, account);
    return { query, listed: account.balances, read, asked: scripted.to(route).length };
  }

  it('are all there is where the consent opens nothing else', async () => {
    scripted.follow(working({ 'GET /v1/accounts': withBalances }));
    const query = 'withBalance=true';
    expect(await read(['balances'])).toEqual({ query, listed: [mapped], read: [mapped], asked: 0 });
    expect(await read(['identity', 'balances'])).toEqual({
      query,
      listed: [mapped],
      read: [mapped],
      asked: 0,
    });
    scripted.follow(working());
    expect(await read(['balances'])).toEqual({ query, listed: undefined, read: [], asked: 0 });
  });

  it('are not looked at where the permissions do not name them', async () => {
    const spoiled = { json: { accounts: [{ ...listed, balances: [{ balanceAmount: 'secret' }] }] } };
    scripted.follow(working({ 'GET /v1/accounts': spoiled }));
    expect(await read(['identity'])).toMatchObject({ query: '', listed: undefined, asked: 0 });
  });

  it('may be part only: each account is asked where it can be', async () => {
    scripted.follow(
      working({ 'GET /v1/accounts': withBalances, [route]: { json: { balances: [row, row] } } }),
    );
    expect(await read(both)).toMatchObject({
      query: '',
      listed: undefined,
      read: [mapped, mapped],
      asked: 1,
    });
  });

  it('are all, or unknown, where the profile says so', async () => {
    scripted.follow(working({ 'GET /v1/accounts': withBalances, [route]: { json: { balances: [row] } } }));
    expect(await read(both, { balancesInList: 'always' })).toEqual({
      query: 'withBalance=true',
      listed: [mapped],
      read: [mapped],
      asked: 0,
    });
    expect(await read(['balances'], { balancesInList: 'never' })).toMatchObject({ query: '', asked: 1 });
    expect(JSON.parse(scripted.to('POST /v1/consents')[0]?.body ?? '').access).toEqual({
      allPsd2: 'allAccounts',
    });
  });

  it('that cannot be read fail the list', async () => {
    const accounts = [{ ...listed, balances: [{ ...row, balanceAmount: { amount: 'secret' } }] }];
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts } } }));
    const access = accessTo(await authorised({}, { permissions: ['balances'] }));
    expect(await failureOf(connector.accounts(bank(), access, ['balances']))).toMatchObject({
      kind: 'bank-refused',
      message: 'read accounts: a row has no readable amount',
    });
  });
});

describe('a list of cards', () => {
  const profile = { cardAccounts: true };
  const card = {
    resourceId: 'c1',
    maskedPan: '540905xxxxxx1234',
    currency: 'EUR',
    debitAccounting: 'true',
    creditLimit: { amount: '1000', currency: 'EUR' },
  };
  const debit = { resourceId: 'c2', pan: '5409050000005678', currency: 'EUR', ownerName: 'Ada' };
  const cards = (more: object = {}) =>
    working({ 'GET /v1/card-accounts': { json: { cardAccounts: [card, debit] } }, ...more });

  it('is read beside the accounts', async () => {
    scripted.follow(cards());
    const { accounts } = await openAccount(profile);
    expect(accounts).toMatchObject([
      { resourceId: 'r1', accountType: 'unknown' },
      { resourceId: 'c1', accountType: 'credit', identifiers: [{ maskedPan: '540905xxxxxx1234' }] },
      { resourceId: 'c2', accountType: 'card', holders: [{ name: 'Ada' }] },
    ]);
    expect(JSON.stringify(accounts)).not.toContain('5409050000005678');
  });

  it('is not asked for without need: of other banks, and under a consent that opens no account', async () => {
    scripted.follow(cards());
    await openAccount();
    expect((await openAccount(profile, ['identity'])).accounts).toHaveLength(1);
    expect(scripted.to('GET /v1/card-accounts')).toHaveLength(0);
    await openAccount(profile, ['balances']);
    expect(scripted.to('GET /v1/card-accounts')).toHaveLength(1);
  });

  it('may be missing where a person has none, and fails otherwise', async () => {
    scripted.follow(cards({ 'GET /v1/card-accounts': tppError(404, 'RESOURCE_UNKNOWN') }));
    expect((await openAccount(profile)).accounts).toHaveLength(1);
    scripted.follow(cards({ 'GET /v1/card-accounts': tppError(500, 'INTERNAL_SERVER_ERROR') }));
    expect((await failureOf(openAccount(profile))).kind).toBe('retry-later');
    scripted.follow(cards({ 'GET /v1/card-accounts': { json: { accounts: [] } } }));
    expect((await failureOf(openAccount(profile))).kind).toBe('retry-later');
  });

  it('has balances of its own, in which what is owed may stand without a minus', async () => {
    const owed = { balanceAmount: { amount: '250.00', currency: 'EUR' }, balanceType: 'interimBooked' };
    scripted.follow(
      cards({
        'GET /v1/card-accounts/c1/balances': { json: { cardAccount: {}, balances: [owed] } },
        'GET /v1/card-accounts/c2/balances': {
          json: { cardAccount: {}, debitAccounting: false, balances: [owed] },
        },
      }),
    );
    const { access, accounts } = await openAccount(profile);
    const amounts: unknown[] = [];
    for (const account of accounts.slice(1)) {
      const read = await connector.balances(bank(profile), access, account);
      expectBalancesAgain(connector.remap(bank(profile)), account, read);
      amounts.push(read);
    }
    expect(amounts).toMatchObject([[{ amount: '-250.00' }], [{ amount: '250.00' }]]);
  });
});

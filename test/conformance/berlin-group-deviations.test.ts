import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BerlinGroupFace, openBerlinGroupFace } from './berlin-group-face.ts';
import { Bench } from './conformance-bench.ts';
import { checkBalance, checkTransaction, orRefused } from './conformance-money.ts';

let face: BerlinGroupFace;
beforeAll(async () => {
  face = await openBerlinGroupFace();
});
afterAll(() => face.close());

function benchAt(slug: string, profile: object): Bench {
  return new Bench(face, 'oauth-redirect', face.deviant(slug, profile));
}

const camt = { transactionsFormat: 'camt' };
const mt940 = { sca: 'redirect', transactionsFormat: 'mt940', pendingTransactions: 'none' };
const cards = { sca: 'redirect', cardAccounts: true };

describe.each([
  ['camt', 'trellis-camt-bank', camt],
  ['MT940', 'trellis-mt940-bank', mt940],
  ['JSON in small pages', 'trellis-card-bank', cards],
])('a bank that reports in %s', (_, slug, profile) => {
  it('tells a year of one account', async () => {
    const on = benchAt(slug, profile);
    const { access, accounts } = await on.open('one account');
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    const rows = (await on.report(access, account)).flat();
    for (const row of rows) checkTransaction(row);
    expect(rows.length).toBeGreaterThan(200);
    const salary = rows.filter(({ description }) => description?.startsWith('Gehalt'));
    expect(salary.length).toBeGreaterThanOrEqual(11);
    for (const row of salary)
      expect(row).toMatchObject({ direction: 'credit', counterpartyName: expect.any(String) });
    for (const { counterpartyAccount } of rows) {
      expect(counterpartyAccount).toEqual({ type: 'iban', iban: expect.stringMatching(/^DE\d{20}$/) });
    }
    const days = rows.map(({ valueDate }) => valueDate ?? '').sort();
    expect(Date.parse(days.at(-1) ?? '') - Date.parse(days[0] ?? '')).toBeGreaterThan(300 * 86_400_000);
  });

  it.each(['many accounts', 'hostile texts', 'repeated rows', 'pending rows'] as const)(
    'tells everything of a person with %s',
    async (person) => {
      const on = benchAt(slug, profile);
      const { access, accounts } = await on.open(person);
      let count = 0;
      for (const account of accounts) {
        const balances = await orRefused(on.connector.balances(on.bank, access, account));
        for (const balance of balances ?? []) checkBalance(balance);
        for (const row of (await orRefused(on.report(access, account)))?.flat() ?? []) {
          checkTransaction(row);
          count += 1;
        }
      }
      expect(count).toBeGreaterThan(0);
    },
  );
});

const redirect = { sca: 'redirect' };
const commerce = (origin: string) => ({
  tokenEndpoint: `${origin}/berlin-group/trellis-commerce-bank/idp/v1/token`,
});
const offered = { ...redirect, access: 'bank-offered', accountDetails: 'one-by-one', ownerName: false };

describe.each<[string, string, (origin: string) => object]>([
  ['whose timestamps are local', 'trellis-commerce-bank', commerce],
  [
    'that wants a key in a header of its own',
    'trellis-key-bank',
    () => ({ sca: 'decoupled', headers: { 'X-API-Key': 'trellis-sandbox-key' } }),
  ],
  ['whose links are full', 'trellis-full-link-bank', () => redirect],
  [
    'whose links have another prefix',
    'trellis-prefix-bank',
    (origin) => ({
      ...redirect,
      linkRewrites: [{ from: `${origin}/xs2a/v1/`, to: `${origin}/berlin-group/trellis-prefix-bank/v1/` }],
    }),
  ],
  [
    'whose links lead into its own network',
    'trellis-inner-host-bank',
    (origin) => ({
      ...redirect,
      linkRewrites: [{ from: 'http://xs2a-gateway.internal:8080/', to: `${origin}/` }],
    }),
  ],
  ['where the user picks accounts', 'trellis-offered-bank', () => offered],
  ['whose pages come in any order', 'trellis-shuffle-bank', () => redirect],
  ['whose pages are long', 'trellis-long-page-bank', () => redirect],
])('a bank %s', (_, slug, profile) => {
  it('tells balances and transactions all the same', async () => {
    const on = benchAt(slug, profile(face.origin));
    const { access, accounts } = await on.open('one account');
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    const balances = await on.connector.balances(on.bank, access, account);
    expect(balances.length).toBeGreaterThan(0);
    for (const balance of balances) {
      checkBalance(balance);
      expect(balance.changedAt?.getTime() ?? 0).toBeLessThanOrEqual(Date.now() + 60_000);
    }
    const rows = (await on.report(access, account)).flat();
    for (const row of rows) checkTransaction(row);
    expect(rows.length).toBeGreaterThan(200);
    expect(new Set(rows.map(({ raw }) => JSON.stringify(raw))).size).toBe(rows.length);
  });
});

describe.each([
  ['nobody but who is named tells', 'trellis-unsigned-bank', 'by-party'],
  ['an indicator tells', 'trellis-indicator-bank', 'by-indicator'],
])('a bank of which no amount has a minus: %s', (_, slug, transactionSign) => {
  const directions = async (profile: object) => {
    const on = benchAt(slug, { sca: 'redirect', ...profile });
    const { access, accounts } = await on.open('one account');
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    const rows = (await on.report(access, account)).flat();
    const of = (side: string) =>
      new Set(rows.filter(({ raw }) => Object.hasOwn(Object(raw), side)).map(({ direction }) => direction));
    return [of('creditorName'), of('debtorName')];
  };

  it('which way money went is told all the same', async () => {
    expect(await directions({ transactionSign })).toEqual([new Set(['debit']), new Set(['credit'])]);
  });

  it('needs its switch', async () => {
    expect(await directions({})).toEqual([new Set(['credit']), new Set(['credit'])]);
  });
});

it('timestamps without an offset are the wall clock of the bank', async () => {
  const on = benchAt('trellis-commerce-bank', commerce(face.origin));
  const { access, accounts } = await on.open('one account');
  const [account] = accounts;
  if (account === undefined) throw new Error('no account');
  const told = await on.connector.balances(on.bank, access, account);
  const changed = told.flatMap(({ changedAt, raw }) => (changedAt === undefined ? [] : [{ changedAt, raw }]));
  expect(changed.length).toBeGreaterThan(0);
  for (const { changedAt, raw } of changed) {
    const wallClock = new Date(changedAt)
      .toLocaleString('sv', { timeZone: 'Europe/Berlin' })
      .replace(' ', 'T');
    expect(JSON.stringify(raw)).toContain(`"lastChangeDateTime":"${wallClock}`);
  }
});

describe('a bank that keeps cards apart', () => {
  it('tells their balances and what was bought', async () => {
    const on = benchAt('trellis-card-bank', cards);
    const { access, accounts } = await on.open('many accounts');
    const own = accounts.filter(({ identifiers }) => identifiers[0]?.type === 'masked_pan');
    expect(own.map(({ accountType }) => accountType)).toEqual(expect.arrayContaining(['credit']));
    for (const card of own) {
      const balances = await on.connector.balances(on.bank, access, card);
      expect(balances.map(({ type }) => type)).toContain('nonInvoiced');
      const rows = (await on.report(access, card)).flat();
      expect(rows.some(({ direction }) => direction === 'debit')).toBe(true);
      for (const row of rows) expect(row.transactionDate).toBeDefined();
    }
  });

  it('has no others for whoever does not know it', async () => {
    const on = benchAt('trellis-card-bank', { sca: 'redirect' });
    const { accounts } = await on.open('many accounts');
    expect(accounts.some(({ identifiers }) => identifiers[0]?.type === 'masked_pan')).toBe(false);
  });
});

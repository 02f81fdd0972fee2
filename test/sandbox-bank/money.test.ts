import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { type Connected, connectByRedirect } from './support/journey.ts';
import { type Answer, allAccounts, codeOf, pathOf } from './support/tpp.ts';

const bank = openBank();

interface Transaction {
  readonly transactionId?: string;
  readonly entryReference?: string;
  readonly bookingDate?: string;
  readonly valueDate: string;
  readonly transactionAmount: { readonly currency: string; readonly amount: string };
}

/** A persona's account by its product, with the links to read it by. */
async function accountOf(userName: string, product: string, access: unknown = allAccounts.access) {
  const connected = await connectByRedirect(bank.current.url, { userName, body: { ...allAccounts, access } });
  const { accounts } = (await connected.read('/accounts')).json;
  const account = accounts.find((each: { product: string }) => each.product === product);
  return { ...connected, account, href: account._links.account.href as string };
}

const report = (read: Connected['read'], href: string, query: string, unattended = false) =>
  read(`${href}/transactions?${query}`, unattended);

/** All pages of a report. */
async function pagesOf(read: Connected['read'], href: string, query: string): Promise<Answer[]> {
  const pages = [await report(read, href, query)];
  for (let next = pages[0]?.json.transactions._links.next; next !== undefined; ) {
    const page = await read(next.href);
    pages.push(page);
    next = page.json.transactions._links.next;
  }
  return pages;
}

const bookedIn = (pages: readonly Answer[]): Transaction[] =>
  pages.flatMap((page) => page.json.transactions.booked);
const cents = ({ transactionAmount }: Transaction) => Math.round(Number(transactionAmount.amount) * 100);

describe('balances', () => {
  test('say what is booked and what is available, the credit limit counted in', async () => {
    const { account, href, read } = await accountOf('ada', 'Girokonto');
    const { json } = await read(`${href}/balances`);
    expect(json.account).toEqual({ iban: account.iban });
    expect(json.balances).toEqual([
      { balanceAmount: money, balanceType: 'closingBooked', referenceDate: '2027-03-11' },
      { balanceAmount: money, balanceType: 'interimBooked', referenceDate: '2027-03-12' },
      {
        balanceAmount: money,
        balanceType: 'interimAvailable',
        creditLimitIncluded: true,
        referenceDate: '2027-03-12',
      },
    ]);
  });
  const money = { currency: 'EUR', amount: expect.stringMatching(/^-?\d+\.\d\d$/) };

  test('move by what was booked in between', async () => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    const closing = async () =>
      Number((await read(`${href}/balances`)).json.balances[0].balanceAmount.amount) * 100;
    const before = await closing();
    bank.current.control.moveClock({ now: new Date('2027-04-20T12:00:00Z') });
    const after = await closing();
    const booked = bookedIn(await pagesOf(read, href, 'bookingStatus=booked&dateFrom=2027-03-12'));
    expect(booked.length).toBeGreaterThan(10);
    expect(Math.round(after - before)).toBe(booked.reduce((sum, each) => sum + cents(each), 0));
  });

  test('of a multi-currency account are those of its currencies', async () => {
    const { href, read } = await accountOf('many', 'Weltkonto');
    const { balances } = (await read(`${href}/balances`)).json;
    const currencies = balances.map(
      (each: { balanceAmount: { currency: string } }) => each.balanceAmount.currency,
    );
    expect(currencies).toEqual(['USD', 'USD', 'USD']);
  });

  test('come with the accounts where asked for', async () => {
    const { href, read } = await accountOf('many', 'Kreditkarte Gold');
    expect((await read(`${href}?withBalance=true`)).json.account.balances).toHaveLength(3);
    expect((await read(`${href}?withBalance=false`)).json.account.balances).toBeUndefined();
    const { accounts } = (await read('/accounts?withBalance=true')).json;
    const told = accounts.filter((each: { balances?: unknown }) => Array.isArray(each.balances));
    expect(told).toEqual(accounts.filter((each: { status: string }) => each.status !== 'blocked'));
    expect(pathOf(await read('/accounts?withBalance=yes'))).toBe('withBalance');
  });

  test('need the consent’s word; a blocked account has none to give', async () => {
    const named = await accountOf('many', 'Girokonto');
    const all = (await named.read('/accounts')).json.accounts;
    const blocked = all.find((each: { status: string }) => each.status === 'blocked');
    expect(codeOf(await named.read(blocked._links.balances.href))).toBe('400 RESOURCE_BLOCKED');
    const access = { accounts: [{ iban: named.account.iban }] };
    const { account, href, read } = await accountOf('many', 'Girokonto', access);
    expect(Object.keys(account._links)).toEqual(['account']);
    expect(codeOf(await read(`${href}/balances`))).toBe('401 CONSENT_INVALID');
    expect(codeOf(await read('/accounts?withBalance=true'))).toBe('401 CONSENT_INVALID');
    expect(codeOf(await report(read, href, 'bookingStatus=booked&dateFrom=2027-01-01'))).toBe(
      '401 CONSENT_INVALID',
    );
  });
});

describe('the transaction report', () => {
  test('gives each booked movement of the period once, newest first, page by page', async () => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    const pages = await pagesOf(read, href, 'bookingStatus=booked&dateFrom=2026-01-01&dateTo=2026-12-31');
    const rows = bookedIn(pages);
    const days = rows.map((row) => row.bookingDate ?? '');
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.slice(0, -1).every((page) => page.json.transactions.booked.length === 50)).toBe(true);
    expect(new Set(rows.map((row) => row.transactionId)).size).toBe(rows.length);
    expect(new Set(rows.map((row) => row.entryReference)).size).toBe(rows.length);
    expect(days).toEqual([...days].sort().reverse());
    expect([days.at(-1), days[0]].map((day) => day?.slice(0, 7))).toEqual(['2026-01', '2026-12']);
    expect(rows.filter((row) => cents(row) > 0).length).toBeGreaterThanOrEqual(12);
    expect(pages[0]?.json.transactions.pending).toBeUndefined();
  });

  test('keeps what is booked when the clock moves; what was pending is booked the next day', async () => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    bank.current.control.moveClock({ now: new Date('2027-03-27T12:00:00Z') });
    const query = 'bookingStatus=both&dateFrom=2027-03-01';
    const { booked, pending } = (await report(read, href, query)).json.transactions;
    const salary = pending.find((row: Transaction) => cents(row) === 284_150);
    expect(salary).toMatchObject({ valueDate: '2027-03-27', debtorName: 'Nordwind Logistik GmbH' });
    expect(Object.keys(salary)).not.toEqual(expect.arrayContaining(['transactionId']));
    expect(salary.bookingDate).toBeUndefined();
    bank.current.control.moveClock({ now: new Date('2027-03-28T12:00:00Z') });
    const later = (await report(read, href, query)).json.transactions;
    expect(later.booked.slice(-booked.length)).toEqual(booked);
    expect(later.booked).toContainEqual(expect.objectContaining({ bookingDate: '2027-03-27', ...salary }));
  });

  test('pages on while new movements come', async () => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    const query = 'bookingStatus=booked&dateFrom=2026-10-01';
    const first = await report(read, href, query);
    bank.current.control.moveClock({ advanceSeconds: 30 * 86_400 });
    const second = await read(first.json.transactions._links.next.href);
    bank.current.control.moveClock({ advanceSeconds: -30 * 86_400 });
    const quiet = await pagesOf(read, href, query);
    expect(second.json.transactions.booked).toEqual(quiet[1]?.json.transactions.booked);
  });

  test('gives one transaction by its link', async () => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    const [row] = (await report(read, href, 'bookingStatus=booked&dateFrom=2027-01-01')).json.transactions
      .booked;
    const { _links, ...details } = row;
    expect((await read(_links.transactionDetails.href)).json).toEqual({ transactionsDetails: details });
    expect(codeOf(await read(`${href}/transactions/none`))).toBe('403 RESOURCE_UNKNOWN');
  });

  test.each([
    ['dateFrom=2027-01-01', '400 FORMAT_ERROR', 'bookingStatus'],
    ['bookingStatus=paid&dateFrom=2027-01-01', '400 FORMAT_ERROR', 'bookingStatus'],
    ['bookingStatus=information', '400 PARAMETER_NOT_SUPPORTED', 'bookingStatus'],
    ['bookingStatus=booked', '400 FORMAT_ERROR', 'dateFrom'],
    ['bookingStatus=booked&dateFrom=2027-02-29', '400 FORMAT_ERROR', 'dateFrom'],
    ['bookingStatus=booked&dateFrom=2027-01-02&dateFrom=2027-01-01', '400 FORMAT_ERROR', 'dateFrom'],
    ['bookingStatus=booked&dateFrom=2027-01-02&dateTo=2027-01-01', '400 PERIOD_INVALID', 'dateFrom'],
    ['bookingStatus=booked&dateFrom=2027-03-13', '400 PERIOD_INVALID', 'dateFrom'],
    ['bookingStatus=booked&deltaList=true', '400 PARAMETER_NOT_SUPPORTED', 'deltaList'],
    ['bookingStatus=booked&dateFrom=2027-01-01&page=2', '400 FORMAT_ERROR', 'page'],
    [
      'bookingStatus=booked&dateFrom=2027-01-01&page=bjIwMjctMDEtMDQgMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAw',
      '403 RESOURCE_UNKNOWN',
      undefined,
    ],
  ])('refuses %s', async (query, code, path) => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    const answer = await report(read, href, query);
    expect([codeOf(answer), pathOf(answer)]).toEqual([code, path]);
  });

  test('counts as one unattended call with all its pages', async () => {
    const { href, read } = await accountOf('ada', 'Girokonto');
    const query = 'bookingStatus=booked&dateFrom=2026-06-01';
    for (let call = 1; call <= 4; call += 1) {
      const first = await report(read, href, query, true);
      const { next } = first.json.transactions._links;
      expect((await read(next.href, true)).status).toBe(200);
    }
    expect(codeOf(await report(read, href, query, true))).toBe('429 ACCESS_EXCEEDED');
    expect((await read(`${href}/balances`, true)).status).toBe(200);
  });
});

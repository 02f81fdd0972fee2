import { describe, expect, test } from 'vitest';
import { openBank, startBank } from './support/bank-under-test.ts';
import { type Connected, connectByRedirect } from './support/journey.ts';
import { codeOf } from './support/tpp.ts';

const bank = openBank();

interface Row {
  readonly transactionId?: string;
  readonly entryReference?: string;
  readonly bookingDate?: string;
  readonly valueDate: string;
  readonly transactionAmount: { readonly amount: string };
  readonly remittanceInformationUnstructured: string;
  readonly debtorName?: string;
  readonly creditorName?: string;
}

async function open(userName: string) {
  const connected = await connectByRedirect(bank.current.url, { userName });
  return { ...connected, accounts: (await connected.read('/accounts')).json.accounts };
}

async function report(
  read: Connected['read'],
  account: { _links: Record<string, { href: string }> },
  query: string,
) {
  return (await read(`${account._links.transactions?.href}?${query}`)).json.transactions;
}

test('business: a company owns the accounts, and a person acts for it', async () => {
  const { accounts, read } = await open('business');
  expect(accounts.map((each: { usage: string }) => each.usage)).toEqual(['ORGA', 'ORGA']);
  expect(accounts[0]).toMatchObject({ ownerName: 'Keller Werkzeugbau GmbH', psuName: 'Thomas Keller' });
  const { booked } = await report(read, accounts[0], 'bookingStatus=booked&dateFrom=2027-01-01');
  expect(booked.some((row: object) => 'remittanceInformationStructured' in row)).toBe(true);
});

describe('heavy', () => {
  test('has 100,000 booked transactions, any page of which comes at once', async () => {
    const { accounts, read } = await open('heavy');
    const first = '2025-10-28';
    const all = { rows: 0, ids: new Set<string>() };
    let page = await report(read, accounts[0], 'bookingStatus=booked&dateFrom=2020-01-01');
    for (let pages = 1; pages <= 40; pages += 1) {
      for (const row of page.booked) all.ids.add(row.transactionId);
      all.rows += page.booked.length;
      page = (await read(page._links.next.href)).json.transactions;
    }
    expect([all.rows, all.ids.size]).toEqual([2_000, 2_000]);
    const started = performance.now();
    const last = await report(read, accounts[0], `bookingStatus=booked&dateFrom=2020-01-01&dateTo=${first}`);
    expect(performance.now() - started).toBeLessThan(1_000);
    // The first of the 500 days has its 200 rows on four pages, and nothing is before it.
    let rows = last.booked.length;
    for (let next = last._links.next; next !== undefined; ) {
      const { transactions } = (await read(next.href)).json;
      rows += transactions.booked.length;
      next = transactions._links.next;
    }
    expect(rows).toBe(200);
    const [{ _links }] = last.booked;
    expect((await read(_links.transactionDetails.href)).status).toBe(200);
  });

  test('has the balance that its rows leave', async () => {
    const { accounts, read } = await open('heavy');
    const balance = async () => (await read(accounts[0]._links.balances.href)).json.balances[0];
    const before = (await balance()).balanceAmount;
    bank.current.control.moveClock({ advanceSeconds: 3 * 86_400 });
    expect((await balance()).balanceAmount).toEqual(before);
  });
});

test('hostile: a text of each kind reaches the TPP as it is', async () => {
  const { accounts, read } = await open('hostile');
  expect(accounts[0].name).toBe('<script>alert("account")</script>');
  expect(accounts[0].displayName).toContain('\u202e');
  const rows: Row[] = [];
  let page = await report(read, accounts[0], 'bookingStatus=booked&dateFrom=2026-12-01');
  for (;;) {
    rows.push(...page.booked);
    if (page._links.next === undefined) break;
    page = (await read(page._links.next.href)).json.transactions;
  }
  const texts = rows.flatMap((row) => [
    row.remittanceInformationUnstructured,
    row.creditorName ?? row.debtorName ?? '',
  ]);
  const has = (part: string) => texts.some((text) => text.includes(part));
  for (const part of [
    '<script>',
    '\u202e',
    '👩‍👩‍👧‍👦',
    '\u0301',
    '\u0000',
    '\r\n',
    '=1+1',
    '\ud83d',
    `"';--`,
  ]) {
    expect(has(part), JSON.stringify(part)).toBe(true);
  }
  expect(texts.some((text) => text.length > 10_000)).toBe(true);
});

test('blocked: the account is named, and what is on it is not told', async () => {
  const { accounts, read } = await open('blocked');
  expect(accounts).toMatchObject([{ status: 'blocked' }]);
  for (const part of ['balances', 'transactions?bookingStatus=booked&dateFrom=2027-01-01']) {
    expect(codeOf(await read(`${accounts[0]._links.account.href}/${part}`))).toBe('400 RESOURCE_BLOCKED');
  }
});

test('pending: booked the next day under another date, id and text, for the same money', async () => {
  const { accounts, read } = await open('pending');
  bank.current.control.moveClock({ now: new Date('2027-03-27T12:00:00Z') });
  const query = 'bookingStatus=both&dateFrom=2027-03-27';
  const today = await report(read, accounts[0], query);
  const salary = today.pending.find((row: Row) => row.transactionAmount.amount === '2841.50');
  expect(salary).toMatchObject({ debtorName: 'NORDWIND LOGISTIK', valueDate: '2027-03-27' });
  expect(salary.remittanceInformationUnstructured).toBe('VORGEMERKT GEHALT 2027-03');
  const balance = async () => (await read(accounts[0]._links.balances.href)).json.balances;
  const [before] = await balance();
  bank.current.control.moveClock({ now: new Date('2027-03-28T12:00:00Z') });
  const tomorrow = await report(read, accounts[0], query);
  const booked = tomorrow.booked.find((row: Row) => row.transactionAmount.amount === '2841.50');
  expect(booked).toMatchObject({
    debtorName: 'Nordwind Logistik GmbH',
    bookingDate: '2027-03-28',
    valueDate: '2027-03-28',
    remittanceInformationUnstructured: 'Gehalt 2027-03',
  });
  expect(booked.transactionId).not.toBe(salary.transactionId);
  expect(tomorrow.pending.map((row: Row) => row.transactionId)).not.toContain(salary.transactionId);
  const [, interim] = await balance();
  const moved = Number(interim.balanceAmount.amount) - Number(before.balanceAmount.amount);
  expect(moved).toBeGreaterThan(1_000);
});

test('twins: two movements a day that nothing tells apart', async () => {
  const { accounts, read } = await open('twins');
  const { booked } = await report(read, accounts[0], 'bookingStatus=booked&dateFrom=2027-03-08');
  expect(booked).toHaveLength(8);
  const days = new Map<string, string[]>();
  for (const row of booked) {
    const { bookingDate, ...rest } = row;
    days.set(bookingDate, [...(days.get(bookingDate) ?? []), JSON.stringify(rest)]);
  }
  for (const twins of days.values()) expect([twins.length, new Set(twins).size]).toEqual([2, 1]);
  expect(booked[0].transactionId ?? booked[0].entryReference).toBeUndefined();
});

test('repeats: rows come twice, and none is lost', async () => {
  const { accounts, read } = await open('repeats');
  const rows: Row[] = [];
  let page = await report(read, accounts[0], 'bookingStatus=booked&dateFrom=2026-09-01');
  for (;;) {
    rows.push(...page.booked);
    if (page._links.next === undefined) break;
    page = (await read(page._links.next.href)).json.transactions;
  }
  const ids = rows.map((row) => row.transactionId);
  const ada = await open('ada');
  expect(ids.length).toBeGreaterThan(new Set(ids).size);
  expect(new Set(rows.map((row) => row.bookingDate)).size).toBeGreaterThan(100);
  expect(ada.accounts[0].iban).not.toBe(accounts[0].iban);
});

test('shifting: another id for everything each day, the same money', async () => {
  const { accounts, read } = await open('shifting');
  const query = 'bookingStatus=booked&dateFrom=2027-03-01&dateTo=2027-03-10';
  const before = await report(read, accounts[0], query);
  bank.current.control.moveClock({ advanceSeconds: 86_400 });
  const [account] = (await read('/accounts')).json.accounts;
  expect(account.resourceId).not.toBe(accounts[0].resourceId);
  expect(account.iban).toBe(accounts[0].iban);
  expect(codeOf(await read(accounts[0]._links.account.href))).toBe('404 RESOURCE_UNKNOWN');
  const after = await report(read, account, query);
  const without = ({ transactionId: _id, _links, ...row }: Row & { _links: unknown }) => row;
  expect(after.booked.map(without)).toEqual(before.booked.map(without));
  const ids = before.booked.map((row: Row) => row.transactionId);
  expect(after.booked.some((row: Row) => ids.includes(row.transactionId))).toBe(false);
  expect((await read(after.booked[0]._links.transactionDetails.href)).status).toBe(200);
});

test('all of it comes from the seed', async () => {
  const again = await startBank();
  for (const userName of ['heavy', 'hostile', 'business']) {
    const here = await open(userName);
    const there = await connectByRedirect(again.url, { userName });
    const [account] = (await there.read('/accounts')).json.accounts;
    const query = 'bookingStatus=booked&dateFrom=2027-03-01';
    const rows = async (read: Connected['read'], one: typeof account) =>
      (await report(read, one, query)).booked.map(({ _links, ...row }: Row & { _links: unknown }) => row);
    expect(await rows(there.read, account)).toEqual(await rows(here.read, here.accounts[0]));
  }
  await again.close();
});

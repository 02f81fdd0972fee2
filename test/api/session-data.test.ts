import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  completeSession,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
} from '../support/visitor.ts';

const all = { permissions: ['identity', 'balances', 'transactions'] };

let app: TestApp;
let ada: string;
let many: string;
let rivals = 0;
beforeAll(async () => {
  app = await startTestApp();
  ada = await completeSession(app, 'ada', all);
  many = await completeSession(app, 'many', all);
});
afterEach(() => app.bank.control.clearFaults());
afterAll(() => app.close());

interface Listed {
  id: string;
  accountId: string;
  timestamp: string;
  amount: string;
  type: string;
}

async function bodyOf(path: string, body: Record<string, unknown>) {
  const answer = await app.call(path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return answer.body;
}

function dayBefore(days: number): string {
  return new Date(app.clock.now().getTime() - days * 86_400_000).toISOString().slice(0, 10);
}

/** All pages, one after the other. */
async function pagesOf(body: Record<string, unknown>): Promise<Listed[]> {
  const rows: Listed[] = [];
  let afterCursor: string | undefined;
  do {
    const page = await bodyOf('/data/transactions/list', { ...body, ...(afterCursor && { afterCursor }) });
    expect(page.hasNext).toBe(page.nextCursor !== undefined);
    rows.push(...page.transactions);
    afterCursor = page.nextCursor;
  } while (afterCursor !== undefined);
  return rows;
}

describe('a complete session', () => {
  test('shows all three kinds of data, in the words of the description', async () => {
    const { data } = await bodyOf('/data/session/retrieve', { id: ada });
    const [account] = data.accounts;
    expect(data).not.toHaveProperty('missing');
    expect(data.balances).toEqual([
      {
        accountId: account.id,
        available: expect.stringMatching(/^-?\d+\.\d{2}$/),
        current: expect.stringMatching(/^-?\d+\.\d{2}$/),
        currency: 'EUR',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        types: expect.arrayContaining([expect.objectContaining({ type: 'interimBooked' })]),
      },
    ]);
    expect(data.transactions.length).toBeGreaterThan(20);
    for (const row of data.transactions) {
      expect(row).toMatchObject({ accountId: account.id, currency: 'EUR' });
      expect(row.amount).toMatch(/^\d+\.\d{2}$/);
      expect(['credit', 'debit']).toContain(row.type);
    }
    expect(data.transactions.some((row: { status: string }) => row.status === 'booked')).toBe(true);
  });

  test('without a permission shows nothing of it, though the others are there', async () => {
    const id = await completeSession(app, 'ada', { permissions: ['balances'] });
    const { data } = await bodyOf('/data/session/retrieve', { id });
    expect(data.balances).toHaveLength(1);
    expect(data).not.toHaveProperty('transactions');
    expect(data).not.toHaveProperty('identity');
    expect((await app.call('/data/transactions/list', { sessionId: id })).body).toMatchObject({
      statusCode: 403,
      code: 'AUTHORIZATION',
    });
    expect((await app.call('/data/account-balances/list', { sessionId: id })).status).toBe(200);
  });

  test('what the bank refuses of an account is named, and the rest is there', async () => {
    const id = await completeSession(app, 'blocked', all);
    const { data } = await bodyOf('/data/session/retrieve', { id });
    expect(data.identity.name).toEqual(expect.any(String));
    const [account] = data.accounts;
    expect(data.missing).toEqual([
      { permission: 'balances', accountId: account.id, reason: 'refused_by_bank' },
      { permission: 'transactions', accountId: account.id, reason: 'refused_by_bank' },
    ]);
  });
});

describe('a bank that limits the period', () => {
  const day = 86_400;
  afterEach(() => app.bank.control.moveClock({ advanceSeconds: -day }));

  test.each([undefined, '2024-01-01'])(
    'gives what it has with a clock a day ahead, from %s',
    async (from) => {
      app.bank.control.moveClock({ advanceSeconds: day });
      const asked = { ...all, ...(from && { transactionsFrom: from }) };
      const id = await completeSession(app, 'ada', asked, 'de-trellis-period-bank');
      const { data } = await bodyOf('/data/session/retrieve', { id });
      expect(data).not.toHaveProperty('missing');
      expect((await pagesOf({ sessionId: id })).length).toBeGreaterThan(20);
    },
  );
});

describe('POST /data/accounts/list', () => {
  test('is in the words of the last client', async () => {
    const { accounts } = await bodyOf('/data/accounts/list', { sessionId: many });
    expect(accounts.length).toBeGreaterThanOrEqual(12);
    expect(accounts[0]).toEqual({
      id: expect.stringMatching(/^acc_/),
      bankId: 'de-trellis-test-bank',
      bankName: 'Trellis Test Bank',
      currency: 'EUR',
      accountName: expect.any(String),
      accountType: 'checking',
      financialAddress: [{ type: 'iban', iban: expect.objectContaining({ iban: expect.any(String) }) }],
    });
  });
});

describe('POST /data/account-balances/list', () => {
  test('is what the session shows', async () => {
    const { data } = await bodyOf('/data/session/retrieve', { id: many });
    expect(await bodyOf('/data/account-balances/list', { sessionId: many })).toEqual({
      balances: data.balances,
    });
  });
});

describe('POST /data/transactions/list', () => {
  test('pages through all of them, newest first, each once', async () => {
    const rows = await pagesOf({ sessionId: many, limit: 37 });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(rows.map(({ timestamp }) => timestamp)).toEqual(
      rows.map(({ timestamp }) => timestamp).toSorted((a, b) => (a < b ? 1 : -1)),
    );
    const { transactions, hasNext } = await bodyOf('/data/transactions/list', { sessionId: many });
    expect(hasNext).toBe(false);
    expect(transactions.map(({ id }: Listed) => id)).toEqual(
      rows.filter(({ timestamp }) => timestamp.slice(0, 10) >= dayBefore(90)).map(({ id }) => id),
    );
  });

  test('keeps to an account and to days', async () => {
    const everything = await pagesOf({ sessionId: many, limit: 500 });
    const accountId = everything[0]?.accountId;
    expect(await pagesOf({ sessionId: many, limit: 500, accountId })).toEqual(
      everything.filter((row) => row.accountId === accountId),
    );
    const day = everything[Math.floor(everything.length / 2)]?.timestamp.slice(0, 10);
    const { transactions } = await bodyOf('/data/transactions/list', { sessionId: many, from: day, to: day });
    expect(transactions).toEqual(everything.filter((row) => row.timestamp.startsWith(day ?? '?')));
    for (const paging of [{}, { limit: 5 }]) {
      const none = { sessionId: many, accountId: 'acc_nobody', ...paging };
      const { status, body } = await app.call('/data/transactions/list', none);
      expect([status, body.param]).toEqual([404, 'accountId']);
    }
  });

  test.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 501 }],
    ['limit', { limit: '10' }],
    ['from', { from: 'yesterday' }],
    ['from', { from: '2027-02-30' }],
    ['to', { to: '2027-02-30T10:00:00Z' }],
    ['from', { from: '2027-01-01T10:00' }],
    ['to', { from: '2027-01-02', to: '2027-01-01' }],
    ['afterCursor', { afterCursor: 'abc' }],
    ['afterCursor', { afterCursor: Buffer.from('["x",1,2]').toString('base64url') }],
    ['accountId', { accountId: 7 }],
    ['sessionId', { sessionId: undefined }],
  ])('400 that names %s: %j', async (param, change) => {
    const { status, body } = await app.call('/data/transactions/list', { sessionId: many, ...change });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'VALIDATION', param });
  });
});

describe('POST /data/transactions/sync', () => {
  test('gives everything once, and then nothing', async () => {
    const added: Listed[] = [];
    let cursor: string | undefined;
    for (let more = true; more; ) {
      const page = await bodyOf('/data/transactions/sync', {
        sessionId: many,
        limit: 50,
        ...(cursor && { cursor }),
      });
      expect(page.changed).toEqual([]);
      expect(page.removed).toEqual([]);
      added.push(...page.added);
      cursor = page.nextCursor;
      more = page.hasNext;
    }
    const listed = await pagesOf({ sessionId: many, limit: 500 });
    expect(added.map(({ id }) => id).toSorted()).toEqual(listed.map(({ id }) => id).toSorted());
    expect(await bodyOf('/data/transactions/sync', { sessionId: many, cursor })).toMatchObject({
      added: [],
      changed: [],
      removed: [],
      hasNext: false,
    });
  });

  test.each(['abc', 'W10', Buffer.from('[0,0,0]').toString('base64url')])(
    '400 for the cursor %s',
    async (cursor) => {
      const { status, body } = await app.call('/data/transactions/sync', { sessionId: many, cursor });
      expect([status, body.param]).toEqual([400, 'cursor']);
    },
  );
});

test('a long report that broke off is read again, and nothing of it comes twice', async () => {
  const bank = 'trellis-camt-bank';
  app.bank.control.addFault({ bank, route: 'transactions', fault: 'reset-mid-body', times: 1 });
  const asked = { permissions: ['transactions'], transactionsFrom: dayBefore(10) };
  const { id, redirectUrl } = await createSession(app, asked);
  const visitor = new Visitor();
  const away = await goToBank(visitor, redirectUrl, `de-${bank}`);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away), { userName: 'heavy' }));
  const lookLater = async () => {
    await app.advance(1_000);
    return statusOf(app, id);
  };
  await eventually(lookLater, (status) => status === 'complete');
  expect(app.bank.control.faults()).toEqual([]);
  const rows = await pagesOf({ sessionId: id, limit: 500 });
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  // Two hundred a day: ten days and the bank's today, which may be our tomorrow.
  expect([11 * 200, 12 * 200]).toContain(rows.length);
});

test('a cursor of another session is 400: with it rows would be missed', async () => {
  const page = await bodyOf('/data/transactions/sync', { sessionId: many });
  const sync = await app.call('/data/transactions/sync', { sessionId: ada, cursor: page.nextCursor });
  expect([sync.status, sync.body.param]).toEqual([400, 'cursor']);
  const { nextCursor } = await bodyOf('/data/transactions/list', { sessionId: many, limit: 5 });
  const list = await app.call('/data/transactions/list', { sessionId: ada, afterCursor: nextCursor });
  expect([list.status, list.body.param]).toEqual([400, 'afterCursor']);
});

describe.each([
  '/data/accounts/list',
  '/data/account-balances/list',
  '/data/transactions/list',
  '/data/transactions/sync',
])('POST %s', (path) => {
  test('with and without the prefix', async () => {
    expect((await app.call(`/api/service${path}`, { sessionId: ada })).status).toBe(200);
  });

  test('401 without a key', async () => {
    expect((await app.call(path, { sessionId: ada }, { key: '' })).status).toBe(401);
  });

  test('404 for an unknown session, and for another merchant’s', async () => {
    rivals += 1;
    const key = await app.addMerchant(`rival${rivals}`);
    for (const answer of [
      await app.call(path, { sessionId: 'nobody' }),
      await app.call(path, { sessionId: ada }, { key }),
    ])
      expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test('409 before the session is complete', async () => {
    const { id } = await createSession(app, all);
    const { status, body } = await app.call(path, { sessionId: id });
    expect([status, body.code]).toEqual([409, 'CONFLICT']);
  });
});

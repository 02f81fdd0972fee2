import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallBudget } from '../../src/banking/call-budget.ts';
import { BankFailure } from '../../src/banking/failure.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { deleteCallsBefore } from '../../src/consents/call-budget-store.ts';
import { CallCounter } from '../../src/consents/call-counter.ts';
import { present } from '../../src/core/assert.ts';
import { uuidv7 } from '../../src/core/ids.ts';
import { sandboxBanks } from '../../src/institutions/sandbox-banks.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { createPool, dbOf } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase } from '../support/database.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const dayMs = 86_400_000;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
/** As many processes as there are pools. */
let processes: ReturnType<typeof createPool>[];
let consent: { merchantId: string; consentId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  processes = ['one', 'two', 'three'].map((name) =>
    createPool({
      connectionString: database.connectionString,
      maxConnections: 8,
      applicationName: `trellis-${name}`,
      onError: () => undefined,
    }),
  );
});
beforeEach(() => {
  consent = { merchantId: 'shop', consentId: uuidv7(clock.now()) };
});
afterAll(async () => {
  await Promise.all(processes.map((pool) => pool.end()));
  await database.drop();
});

function budget(limit = 4): CallBudget {
  const day = clock.now().toISOString().slice(0, 10);
  return { limit, day, resetsAt: new Date(Date.parse(day) + dayMs) };
}

function counters(limit?: number): CallCounter[] {
  return processes.map((pool) => new CallCounter({ db: dbOf(pool), clock }, consent, () => budget(limit)));
}

const accounts = { read: 'accounts' } as const;

async function spend(counter: CallCounter | undefined, read: Parameters<CallCounter['spend']>[0] = accounts) {
  return counter?.spend(read).then(
    () => 'counted',
    (thrown: unknown) => thrown,
  );
}

test('four of sixty at once, of three processes', async () => {
  const all = counters();
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, index) => spend(all[index % all.length])),
  );
  expect(outcomes.filter((outcome) => outcome === 'counted')).toHaveLength(4);
  for (const refused of outcomes.filter((outcome) => outcome !== 'counted')) {
    expect(refused).toBeInstanceOf(BankFailure);
    expect(refused).toMatchObject({ kind: 'retry-later', details: { bankCode: 'ACCESS_EXCEEDED' } });
    const { retryAfterMs = 0 } = (refused as BankFailure).details;
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(dayMs);
  }
});

test('each kind of read, account and consent by itself, and anew on the next day', async () => {
  const [counter] = counters(1);
  for (const read of [
    accounts,
    { read: 'balances', account: 'acc_1' },
    { read: 'balances', account: 'acc_2' },
  ] as const) {
    expect(await spend(counter, read)).toBe('counted');
    expect(await spend(counter, read)).toBeInstanceOf(BankFailure);
  }
  consent = { ...consent, consentId: uuidv7(clock.now()) };
  expect(await spend(counters(1)[0])).toBe('counted');
  clock.advance(dayMs);
  expect(await spend(counter)).toBe('counted');
});

test('what the bank calls used up is used up, for all processes, and what is left can be read', async () => {
  const [one, two] = counters();
  await spend(one, { read: 'balances', account: 'acc_1' });
  await spend(one);
  await one?.exhaust(accounts);
  expect(await spend(two)).toBeInstanceOf(BankFailure);
  const { resetsAt } = budget();
  expect(await two?.left()).toEqual([
    { read: 'accounts', remaining: 0, limit: 4, resetsAt },
    { read: 'balances', accountId: 'acc_1', remaining: 3, limit: 4, resetsAt },
  ]);
});

test('a limit of none allows none', async () => {
  expect(await spend(counters(0)[0])).toBeInstanceOf(BankFailure);
});

test('days that are over are forgotten', async () => {
  const [counter] = counters();
  await spend(counter);
  const { day } = budget();
  const count = async () =>
    (await processes[0]?.query('SELECT FROM consent_call WHERE consent_id = $1', [consent.consentId]))
      ?.rowCount;
  const [pool] = processes;
  if (pool) await deleteCallsBefore(dbOf(pool), day);
  expect(await count()).toBe(1);
  if (pool) await deleteCallsBefore(dbOf(pool), '2999-01-01');
  expect(await count()).toBe(0);
});

describe('the bank’s day by its own calendar', () => {
  const bank = present(
    sandboxBanks('http://127.0.0.1:1').find(({ id }) => id === 'de-trellis-test-bank'),
    'the test bank',
  );
  let at = new Date();
  const wall = { now: () => at };
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  const connector = berlinGroupConnector({ outbound, clock: wall, tpp: { clientId: 'x' } });
  afterAll(() => outbound.close());

  test.each([
    ['25 hours when the clocks go back', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 25],
    ['23 hours when they go forward', '2027-03-27T23:00:00Z', '2027-03-28T22:00:00Z', 23],
    ['24 hours otherwise', '2026-11-21T23:00:00Z', '2026-11-22T23:00:00Z', 24],
  ])('has %s, and four calls in it', async (_name, begins, ends, hours) => {
    const [begin, end] = [Date.parse(begins), Date.parse(ends)];
    expect(end - begin).toBe(hours * 3_600_000);
    const all = processes.map(
      (pool) => new CallCounter({ db: dbOf(pool), clock: wall }, consent, () => connector.callBudget(bank)),
    );
    const spendAt = async (ms: number, which: number) => {
      at = new Date(ms);
      return spend(all[which % all.length]);
    };
    // All of the day before is used up: the last moment of it is not yet the new day.
    for (let count = 0; count < 4; count += 1) expect(await spendAt(begin - 1, count)).toBe('counted');
    expect(await spendAt(begin - 1, 0)).toMatchObject({ details: { retryAfterMs: 1 } });
    // Half past two is twice in the longer night.
    const times = [begin, begin + 2.5 * 3_600_000, begin + 3.5 * 3_600_000, end - 1];
    for (const [index, ms] of times.entries()) expect(await spendAt(ms, index)).toBe('counted');
    for (const ms of [begin, end - 1]) {
      const refused = await spendAt(ms, 1);
      expect(refused).toBeInstanceOf(BankFailure);
      expect(refused).toMatchObject({ details: { retryAfterMs: end - ms } });
    }
    expect(await spendAt(end, 2)).toBe('counted');
  });
});

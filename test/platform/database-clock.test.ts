import type pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DatabaseClock } from '../../src/platform/postgres/database-clock.ts';
import { createPool } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { TestClock } from '../support/test-clock.ts';

const minuteMs = 60_000;
const nearMs = 500;
let database: TestDatabase;
let pool: pg.Pool;
const lines: string[] = [];
const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({
    connectionString: database.connectionString,
    maxConnections: 2,
    applicationName: 'trellis-test',
    onError: () => undefined,
  });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function aheadOfDatabase(clock: DatabaseClock): Promise<number> {
  const { rows } = await pool.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms');
  return Math.abs(clock.now().getTime() - Number(rows[0].ms));
}

test.each([0, 10, -10])(
  'of a machine that is %i minutes ahead is the database’s, and its operator is told',
  async (minutes) => {
    lines.length = 0;
    const own = new TestClock();
    own.advance(minutes * minuteMs);
    const clock = await DatabaseClock.start(pool, logger, own);
    expect(await aheadOfDatabase(clock)).toBeLessThan(nearMs);
    await clock.sync();
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(minutes === 0 ? [] : [40]);
    expect(lines.join('')).toContain(minutes === 0 ? '' : 'the database');
    clock.stop();
  },
);

test('does not leap with its machine, neither way', async () => {
  const own = new TestClock();
  const clock = await DatabaseClock.start(pool, logger, own);
  let last = clock.now().getTime();
  for (const minutes of [10, -20, 10]) {
    own.advance(minutes * minuteMs);
    for (let look = 0; look < 3; look += 1) {
      const now = clock.now().getTime();
      expect(Math.abs(now - last)).toBeLessThan(nearMs);
      last = now;
      await clock.sync();
    }
  }
  clock.stop();
});

test('goes on while the database is away', async () => {
  const gone = createPool({
    connectionString: database.connectionString,
    maxConnections: 1,
    applicationName: 'trellis-test',
    onError: () => undefined,
  });
  const own = new TestClock();
  const clock = await DatabaseClock.start(gone, logger, own);
  await gone.end();
  own.advance(10 * minuteMs);
  expect(await aheadOfDatabase(clock)).toBeLessThan(nearMs);
  await expect(clock.sync()).rejects.toThrow();
  expect(await aheadOfDatabase(clock)).toBeLessThan(nearMs);
  clock.stop();
});

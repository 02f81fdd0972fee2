import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LockLost, NamedLocks } from '../../src/platform/postgres/named-locks.ts';
import { createPool } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/visitor.ts';

const graceMs = 300;
let database: TestDatabase;
/** Tells where and how; no lock is held by a connection of it. */
let pool: pg.Pool;
let observer: pg.Pool;
/** As two processes of an installation have them. */
let here: NamedLocks;
let there: NamedLocks;
beforeAll(async () => {
  database = await createTestDatabase();
  const poolNamed = (applicationName: string) =>
    createPool({
      connectionString: database.connectionString,
      maxConnections: 2,
      applicationName,
      onError: () => undefined,
    });
  [pool, observer] = [poolNamed('trellis-locks'), poolNamed('trellis-observer')];
  [here, there] = [new NamedLocks(pool, graceMs), new NamedLocks(pool, graceMs)];
});
/** Who holds nothing has no connection: a test that leaves one behind fails. */
afterEach(async () => {
  await eventually(connections, ({ length }) => length === 0);
});
afterAll(async () => {
  await Promise.all([pool.end(), observer.end()]);
  await database.drop();
});

/** Those that hold locks, by their process ids in the database. */
async function connections(): Promise<number[]> {
  const { rows } = await observer.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'trellis-locks'`,
  );
  return rows.map(({ pid }) => pid);
}

async function taken(locks: NamedLocks, name: string) {
  return eventually(
    () => locks.tryTake(name),
    (lock) => lock !== undefined,
  );
}

test('one at a time, in one process and in two; another name is another lock', async () => {
  const first = await taken(here, 'a');
  expect(await here.tryTake('a')).toBeUndefined();
  expect(await there.tryTake('a')).toBeUndefined();
  const other = await taken(there, 'b');
  expect(await here.tryTake('b')).toBeUndefined();
  await first?.confirm();
  await first?.release();
  const second = await taken(there, 'a');
  expect(await here.tryTake('a')).toBeUndefined();
  await Promise.all([other?.release(), second?.release()]);
});

test('of many at once one has it at any time', async () => {
  let inside = 0;
  let most = 0;
  let runs = 0;
  const run = async (locks: NamedLocks) => {
    const lock = await eventually(
      () => locks.tryTake('a'),
      (each) => each !== undefined,
    );
    inside += 1;
    most = Math.max(most, inside);
    await lock?.confirm();
    runs += 1;
    inside -= 1;
    await lock?.release();
  };
  await Promise.all(Array.from({ length: 12 }, (_, index) => run(index % 2 ? here : there)));
  expect([runs, most]).toEqual([12, 1]);
});

test('what somebody else has got meanwhile is lost, and who held it is told', async () => {
  const lock = await taken(here, 'a');
  const [pid] = await connections();
  const next = await observer.connect();
  const gotIt = next.query(
    `SELECT pg_advisory_lock((classid::bigint << 32) | objid::bigint) FROM pg_locks
     WHERE pid = $1 AND locktype = 'advisory'`,
    [pid],
  );
  await eventually(
    async () =>
      (
        await observer.query(
          `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
           WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted`,
        )
      ).rowCount,
    (waiting) => waiting === 1,
  );
  await observer.query('SELECT pg_terminate_backend($1)', [pid]);
  await gotIt;
  await expect(lock?.confirm()).rejects.toThrow(LockLost);
  await lock?.release();
  next.release(true);
  await (await taken(here, 'a'))?.release();
});

test('a connection that is cut takes back what it held, before anybody else is given anything', async () => {
  const [mine, theirs] = [await taken(here, 'a'), await taken(there, 'b')];
  const before = await connections();
  expect(before).toHaveLength(2);
  // As when the database is started anew.
  await observer.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [before]);
  await eventually(
    async () => (await connections()).filter((pid) => !before.includes(pid)).length,
    (count) => count === 2,
  );
  await mine?.confirm();
  await theirs?.confirm();
  expect(await here.tryTake('c')).toBeUndefined();
  expect(await there.tryTake('a')).toBeUndefined();
  await mine?.release();
  await theirs?.release();
  for (const locks of [here, there]) await (await taken(locks, 'a'))?.release();
});

import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { enqueue, hasLivingJob } from '../../src/platform/jobs/queue.ts';
import { type JobHandler, startWorker, type Worker } from '../../src/platform/jobs/worker.ts';
import { createPool, dbOf, transaction } from '../../src/platform/postgres/pool.ts';
import { createLogger } from '../../src/platform/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const logger = createLogger({ level: 'silent', readable: false });
let database: TestDatabase;
let pool: pg.Pool;
let worker: Worker | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({
    connectionString: database.connectionString,
    maxConnections: 8,
    applicationName: 'jobs-test',
    onError: () => undefined,
  });
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A handler, and a promise of the payloads it was run with once there are `count`. */
function listener(count: number): { handler: JobHandler; ran: Promise<unknown[]> } {
  const payloads: unknown[] = [];
  let done: (payloads: unknown[]) => void;
  const ran = new Promise<unknown[]>((resolve) => {
    done = resolve;
  });
  const handler = async (payload: unknown) => {
    payloads.push(payload);
    if (payloads.length === count) done(payloads);
  };
  return { handler, ran };
}

async function start(handlers: Record<string, JobHandler>): Promise<void> {
  worker = await startWorker({ pool, logger, handlers, sweeps: [], concurrency: 2 });
}

test('a job exists if and only if its transaction commits', async () => {
  const { handler, ran } = listener(1);
  await start({ committed: handler });
  const undone = transaction(pool, async (tx) => {
    await enqueue(tx, { task: 'committed', payload: { id: 'undone' } });
    throw new Error('rolled back');
  });
  await expect(undone).rejects.toThrow('rolled back');
  await transaction(pool, (tx) => enqueue(tx, { task: 'committed', payload: { id: 'done' } }));
  expect(await ran).toEqual([{ id: 'done' }]);
});

test('a waiting job with the same key is replaced, not doubled', async () => {
  for (const id of ['first', 'second'])
    await transaction(pool, (tx) =>
      enqueue(tx, { task: 'keyed', payload: { id }, key: 'one', delayMs: 60_000 }),
    );
  const { rows } = await pool.query(`SELECT payload FROM graphile_worker._private_jobs WHERE key = 'one'`);
  expect(rows).toEqual([{ payload: { id: 'second' } }]);
});

test('the job of a killed worker is given back and runs again', async () => {
  await transaction(pool, (tx) =>
    enqueue(tx, { task: 'orphan', payload: { id: 'orphaned' }, key: 'orphan' }),
  );
  await pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'pool-killed', locked_at = now() - interval '21 seconds', attempts = 1
     WHERE key = 'orphan'`,
  );
  const { handler, ran } = listener(1);
  await start({ orphan: handler });
  expect(await ran).toEqual([{ id: 'orphaned' }]);
});

test('the jobs of a worker that lives are left to it', async () => {
  await transaction(pool, (tx) => enqueue(tx, { task: 'held', payload: { id: 'held' }, key: 'held' }));
  await pool.query(`INSERT INTO worker_pool (id) VALUES ('pool-alive')`);
  await pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'pool-alive', locked_at = now() - interval '1 hour' WHERE key = 'held'`,
  );
  const { handler, ran } = listener(1);
  await start({ other: handler, held: async () => expect.unreachable('another worker holds it') });
  await transaction(pool, (tx) => enqueue(tx, { task: 'other', payload: { id: 'other' } }));
  await ran;
  const { rows } = await pool.query(`SELECT locked_by FROM graphile_worker._private_jobs WHERE key = 'held'`);
  expect(rows).toEqual([{ locked_by: 'pool-alive' }]);
});

test('a job lives while it waits or runs, not when it is used up or gone', async () => {
  const db = dbOf(pool);
  await transaction(pool, (tx) =>
    enqueue(tx, { task: 'nobody', payload: {}, key: 'life', delayMs: 60_000, maxAttempts: 1 }),
  );
  expect(await hasLivingJob(db, 'life')).toBe(true);
  await pool.query(`UPDATE graphile_worker._private_jobs SET attempts = 1 WHERE key = 'life'`);
  expect(await hasLivingJob(db, 'life')).toBe(false);
  await pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'x' WHERE key = 'life'`,
  );
  expect(await hasLivingJob(db, 'life')).toBe(true);
  expect(await hasLivingJob(db, 'never')).toBe(false);
});

test('a stopped worker forgets itself, so that nobody takes it for dead', async () => {
  await start({});
  await worker?.stop();
  worker = undefined;
  const { rows } = await pool.query(
    `SELECT count(*)::int AS count FROM worker_pool WHERE id <> 'pool-alive'`,
  );
  expect(rows).toEqual([{ count: 0 }]);
});

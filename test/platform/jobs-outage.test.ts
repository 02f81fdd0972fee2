import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type pg from 'pg';
import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heartbeat } from '../../src/platform/jobs/heartbeat.ts';
import { enqueue, type JobRequest } from '../../src/platform/jobs/queue.ts';
import { type JobHandler, startWorker, type Worker } from '../../src/platform/jobs/worker.ts';
import { createPool, dbOf, transaction } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
/** Past the proxy: sees the database while the worker does not. */
let direct: pg.Pool;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let pool: pg.Pool;
let worker: Worker | undefined;
let lines: string[];

beforeEach(async () => {
  lines = [];
  database = await createTestDatabase();
  direct = openPool(database.connectionString);
  proxy = await startProxy(database.connectionString);
  pool = openPool(proxy.connectionString);
});
afterEach(async () => {
  proxy.open();
  await worker?.stop();
  worker = undefined;
  await pool.end();
  proxy.close();
  await direct.end();
  await database.drop();
});

function openPool(connectionString: string): pg.Pool {
  return createPool({
    connectionString,
    maxConnections: 6,
    applicationName: 'jobs-outage',
    onError: () => undefined,
  });
}

/** PostgreSQL as the worker sees it. `cut` ends every connection and refuses new ones until `open`. */
async function startProxy(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  let refusals = 0;
  const server = createServer((inward) => {
    if (isCut) {
      refusals += 1;
      inward.destroy();
      return;
    }
    const outward = connect(Number(port), hostname);
    for (const [from, to] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = { hostname: '127.0.0.1', port: String((server.address() as AddressInfo).port) };
  return {
    connectionString: Object.assign(new URL(target), address).href,
    refusals: () => refusals,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    open: () => {
      isCut = false;
    },
    close: () => server.close(),
  };
}

async function start(handlers: Record<string, JobHandler>): Promise<Worker> {
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  worker = await startWorker({ pool, logger, handlers, sweeps: [], concurrency: 2 });
  return worker;
}

function add(job: JobRequest): Promise<void> {
  return transaction(direct, (tx) => enqueue(tx, job));
}

async function jobs(): Promise<
  { task: string; attempts: number; locked: boolean; lastError: string | null }[]
> {
  const { rows } = await direct.query(
    `SELECT task.identifier AS task, attempts, locked_at IS NOT NULL AS locked, last_error AS "lastError"
     FROM graphile_worker._private_jobs AS job JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
     ORDER BY job.id`,
  );
  return rows;
}

/** A job that says when it has begun and ends when it is told to. */
function heldJob() {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const handler = async () => {
    begun.resolve();
    await end.promise;
  };
  return { handler, begun: begun.promise, succeed: end.resolve, fail: end.reject };
}

const soon = { timeout: 10_000, interval: 20 };

test('a job that ends well while the database is away is done once it is back', async () => {
  const held = heldJob();
  const after = Promise.withResolvers<void>();
  await start({ held: held.handler, after: async () => after.resolve() });
  await add({ task: 'held', payload: {}, maxAttempts: 1 });
  await held.begun;
  proxy.cut();
  held.succeed();
  await vi.waitFor(() => expect(proxy.refusals()).toBeGreaterThan(3), soon);
  expect(await jobs()).toMatchObject([{ task: 'held', locked: true }]);
  proxy.open();
  await add({ task: 'after', payload: {} });
  await after.promise;
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), soon);
});

test('a job that fails while the database is away is tried again once it is back', async () => {
  const held = heldJob();
  await start({ held: held.handler });
  await add({ task: 'held', payload: {} });
  await held.begun;
  proxy.cut();
  held.fail(new Error('IBAN DE89370400440532013000'));
  await vi.waitFor(() => expect(proxy.refusals()).toBeGreaterThan(3), soon);
  proxy.open();
  const given = { task: 'held', attempts: 1, locked: false, lastError: 'held: Error' };
  await vi.waitFor(async () => expect(await jobs()).toEqual([given]), soon);
  expect(lines.join('')).toContain('a job failed');
  expect(lines.join('')).not.toContain('DE8937');
});

test('a fetch of jobs that is cut off may have locked some, so that the queue starts anew', async () => {
  const ran = Promise.withResolvers<void>();
  const blocker = await direct.connect();
  await start({ after: async () => ran.resolve() });
  await blocker.query('BEGIN; LOCK TABLE graphile_worker._private_jobs IN ACCESS EXCLUSIVE MODE');
  const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%skip locked%' AND datname = current_database()`;
  await vi.waitFor(async () => expect((await direct.query(waiting)).rowCount).toBeGreaterThan(0), soon);
  await direct.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS waiting`);
  await blocker.query('COMMIT');
  blocker.release();
  await vi.waitFor(() => expect(lines.join('')).toContain('the job queue ended by itself'), soon);
  await add({ task: 'after', payload: {} });
  await ran.promise;
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), soon);
});

test('a queue that ends by itself is started again', async () => {
  const ran = Promise.withResolvers<void>();
  await start({ after: async () => ran.resolve() });
  const listening = `SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle' AND datname = current_database()`;
  await vi.waitFor(async () => expect((await direct.query(listening)).rowCount).toBe(1), soon);
  // What a newer server says of its own tables; the queue then ends, and marks the process for it.
  await direct.query(`SELECT pg_notify('worker:migrate', '{"breaking": true}')`);
  await vi.waitFor(() => expect(lines.join('')).toContain('the job queue ended by itself'), soon);
  process.exitCode = undefined;
  await add({ task: 'after', payload: {} });
  await ran.promise;
});

test('the worker stops in time while a job hangs, and gives it back', async () => {
  const held = heldJob();
  const { stop } = await start({ held: held.handler });
  await add({ task: 'held', payload: {} });
  await held.begun;
  await stop({ graceMs: 100 });
  expect(await jobs()).toMatchObject([{ task: 'held', attempts: 1, locked: false }]);
  held.fail(new Error('too late to matter'));
});

test('the worker stops in time while the database is away', async () => {
  const held = heldJob();
  const { stop } = await start({ held: held.handler });
  await add({ task: 'held', payload: {} });
  await held.begun;
  proxy.cut();
  held.succeed();
  await stop({ graceMs: 100 });
  expect(await jobs()).toMatchObject([{ task: 'held', locked: true }]);
});

test('the last failure of a job is logged with its ids', async () => {
  const secret = Object.assign(new Error('balance 12,345.67'), { code: 'E_BANK', name: 'BankFailure' });
  await start({
    lost: async () => {
      throw secret;
    },
  });
  await add({ task: 'lost', payload: { sessionId: 'ses_1' }, maxAttempts: 1 });
  await vi.waitFor(() => expect(lines.join('')).toContain('a job is given up'), soon);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'a job failed', task: 'lost', failure: { type: 'BankFailure', code: 'E_BANK' } },
    { msg: 'a job is given up', task: 'lost', ids: { sessionId: 'ses_1' } },
  ]);
  await vi.waitFor(async () => expect((await jobs())[0]?.lastError).toBe('lost: BankFailure (E_BANK)'), soon);
  expect(lines.join('')).not.toContain('12,345.67');
});

test('who was cut off itself gives the others time to beat again before it calls them dead', async () => {
  const clock = { ms: 0 };
  const heartbeat = new Heartbeat(dbOf(direct), pino({ level: 'silent' }), () => clock.ms);
  await heartbeat.run();
  await add({ task: 'held', payload: {} });
  await direct.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'pool-cut-off', locked_at = now() - interval '1 minute'`,
  );
  const lockedAfter = async (ms: number) => {
    clock.ms += ms;
    await heartbeat.run();
    return (await jobs())[0]?.locked;
  };
  expect(await lockedAfter(30_000)).toBe(true);
  for (let beats = 0; beats < 3; beats += 1) expect(await lockedAfter(5_000)).toBe(true);
  expect(await lockedAfter(5_000)).toBe(false);
});

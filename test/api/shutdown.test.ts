import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  Visitor,
} from '../support/visitor.ts';

/** Of the ten seconds that a process has between SIGTERM and its end. */
const closeWithinMs = 8_500;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  app.bank.control.clearFaults();
  await app.close();
});

async function closingMs(): Promise<number> {
  const startedMs = performance.now();
  await app.app.close();
  return performance.now() - startedMs;
}

test('a fetch from a bank that never answers is cut in time and tried again later', async () => {
  app.bank.control.addFault({ route: 'accounts', fault: 'no-answer' });
  const session = await createSession(app);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away), { userName: 'ada' }));
  await eventually(
    async () => app.bank.control.requests().filter(({ route }) => route === 'accounts').length,
    (count) => count > 0,
  );
  expect(await closingMs()).toBeLessThan(closeWithinMs);
  const { rows } = await app.pool.query(
    'SELECT payload, attempts, locked_at, last_error FROM graphile_worker._private_jobs WHERE key LIKE $1',
    [`%${session.id}%`],
  );
  expect(rows).toMatchObject([{ payload: { attempt: 2 }, attempts: 0, locked_at: null, last_error: null }]);
});

test('a request in flight is answered, and a connection that says nothing is not waited for', async () => {
  const { hostname, port } = new URL(app.url);
  const silent = connect(Number(port), hostname);
  await once(silent, 'connect');
  const ended = once(silent, 'close');
  const blocker = await app.pool.connect();
  await blocker.query('BEGIN; LOCK TABLE data_session IN ACCESS EXCLUSIVE MODE');
  const answer = createSession(app);
  await eventually(
    async () =>
      (
        await app.pool.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO data_session%'`,
        )
      ).rowCount,
    (waiting) => waiting === 1,
  );
  const closing = closingMs();
  await ended;
  await blocker.query('COMMIT');
  blocker.release();
  expect((await answer).id).toBeDefined();
  expect(await closing).toBeLessThan(5_000);
});

test('closing twice is closing once', async () => {
  await app.app.close();
  await app.app.close();
});

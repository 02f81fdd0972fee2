import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  completeSession,
  createSession,
  goToBank,
  leavesTo,
  noJobsLeft,
  Visitor,
} from '../support/visitor.ts';

const dayMs = 86_400_000;
const ongoing = { access: 'ongoing', permissions: ['identity', 'balances', 'transactions'] };

/** Two processes, of which both take jobs. */
let app: TestApp;
const calls = { inFlight: 0, most: 0 };
beforeAll(async () => {
  app = await startTestApp();
  await (await app.another()).startWorker();
  subscribe('http.server.request.start', begins);
  subscribe('http.server.response.finish', ends);
});
beforeEach(() => {
  calls.most = calls.inFlight;
});
afterEach(() => app.bank.control.clearFaults());
afterAll(async () => {
  unsubscribe('http.server.request.start', begins);
  unsubscribe('http.server.response.finish', ends);
  await app.close();
});

const isForBank = (message: unknown) => {
  const { request } = message as { request: IncomingMessage };
  return request.socket.localPort === app.bank.port;
};
function begins(message: unknown): void {
  if (!isForBank(message)) return;
  calls.inFlight += 1;
  calls.most = Math.max(calls.most, calls.inFlight);
}
function ends(message: unknown): void {
  if (isForBank(message)) calls.inFlight -= 1;
}

/** What was asked of the bank from now on, in the order of its answers. */
function watchCalls(): () => string[] {
  app.bank.control.clearRequests();
  return () => app.bank.control.requests().map(({ route }) => route);
}

/** Resolves while the bank holds back the answer to a call of this route. */
async function heldAt(route: 'accounts' | 'transactions', read: () => Promise<unknown>): Promise<void> {
  const arrived = Promise.withResolvers<void>();
  const note = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    if (isForBank(message) && new RegExp(`/${route}(\\?|$)`).test(request.url ?? '')) arrived.resolve();
  };
  app.bank.control.addFault({ route, fault: 'slow', delayMs: 700, times: 1 });
  subscribe('http.server.request.start', note);
  await read();
  await arrived.promise;
  unsubscribe('http.server.request.start', note);
}

const retrieve = async (id: string) => (await app.call('/data/session/retrieve', { id })).body;
const revoke = (sessionId: string) => app.call('/data/consent/revoke', { sessionId });
const unpublished = async (sessionId: string) => {
  const { rows } = await app.pool.query(
    `SELECT count(*)::int AS chunks FROM transaction_chunk chunk LEFT JOIN transaction_ledger ledger
       USING (merchant_id, session_id)
     WHERE session_id = $1 AND fetch_no > coalesce(published_fetch, 0)`,
    [sessionId],
  );
  return rows[0].chunks;
};

test.each([
  ['revoked', revoke],
  ['deleted', (id: string) => app.call('/data/session/delete', { id })],
])(
  '%s while a refresh reads: at once here, at the bank after the call that was under way; nothing is kept',
  async (name, wish) => {
    const id = await completeSession(app, 'many', ongoing);
    const { data } = await retrieve(id);
    // The login has to be renewed first, by the read and perhaps by the end.
    await app.advance(2 * dayMs);
    const asked = watchCalls();
    await heldAt('transactions', () => app.call('/data/session/refresh', { id }));
    expect((await wish(id)).status).toBe(200);
    expect(asked()).not.toContain('transactions');
    expect((await app.call('/data/consent/details', { sessionId: id })).body.status).toBe('revoked');
    await noJobsLeft(app, id);
    expect(calls.most).toBe(1);
    const routes = asked();
    expect(routes.filter((route) => route === 'transactions')).toHaveLength(1);
    expect(routes.slice(routes.indexOf('transactions') + 1).filter((route) => route !== 'token')).toEqual([
      'deleteConsent',
    ]);
    expect(app.bank.control.consents().at(-1)?.status).toBe('terminatedByTpp');
    expect(await unpublished(id)).toBe(0);
    const after = await retrieve(id);
    expect(after.data).toEqual(name === 'deleted' ? undefined : data);
    if (name === 'revoked') expect(after.refresh.failure.code).toBe('consent_revoked');
    const { rows } = await app.pool.query(
      'SELECT status, sealed_credentials FROM bank_consent WHERE session_id = $1',
      [id],
    );
    expect(rows).toEqual([{ status: 'revoked', sealed_credentials: null }]);
  },
);

test('revoked while a refresh reads and the database cuts off who holds locks: the read keeps its turn all the same', async () => {
  const id = await completeSession(app, 'many', ongoing);
  const asked = watchCalls();
  await heldAt('transactions', () => app.call('/data/session/refresh', { id }));
  const { rows: cut } = await app.pool.query(
    `SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
       WHERE locktype = 'advisory' AND datname = current_database()) AS holding`,
  );
  expect(cut.length).toBeGreaterThan(0);
  await revoke(id);
  await noJobsLeft(app, id);
  expect(calls.most).toBe(1);
  expect(asked().slice(asked().indexOf('transactions'))).toEqual(['transactions', 'deleteConsent']);
  expect((await retrieve(id)).refresh.failure.code).toBe('consent_revoked');
});

test('revoked while the first read runs: no call follows, and nothing is kept', async () => {
  const session = await createSession(app, ongoing);
  const visitor = new Visitor();
  const back = await authoriseAtBank(visitor, leavesTo(await goToBank(visitor, session.redirectUrl)), {
    userName: 'many',
  });
  const asked = watchCalls();
  await heldAt('accounts', () => visitor.open(back));
  await revoke(session.id);
  expect(await retrieve(session.id)).toMatchObject({ status: 'failed', failure: { code: 'cancelled' } });
  await noJobsLeft(app, session.id);
  expect(asked().slice(asked().indexOf('accounts'))).toEqual(['accounts', 'deleteConsent']);
  for (const table of ['bank_data', 'bank_transaction', 'transaction_chunk']) {
    const { rowCount } = await app.pool.query(`SELECT FROM ${table} WHERE session_id = $1`, [session.id]);
    expect([table, rowCount]).toEqual([table, 0]);
  }
});

test('a job that was taken for dead and still runs: the other process waits for its turn', async () => {
  const id = await completeSession(app, 'joint', ongoing);
  await app.advance(2 * dayMs);
  watchCalls();
  await heldAt('accounts', async () => {
    await app.call('/data/session/refresh', { id });
    const { rows } = await app.pool.query('SELECT id FROM session_refresh WHERE session_id = $1', [id]);
    const payload = { merchantId: 'shop', sessionId: id, refreshId: rows[0].id, attempt: 1 };
    await app.pool.query(`SELECT graphile_worker.add_job('session-refresh', payload := $1::json)`, [payload]);
  });
  await noJobsLeft(app, id);
  expect((await retrieve(id)).refresh.status).toBe('complete');
  expect(calls.most).toBe(1);
  const reads = app.bank.control
    .requests()
    .filter(({ route, status }) => route === 'accounts' && status === 200);
  expect(reads).toHaveLength(1);
});

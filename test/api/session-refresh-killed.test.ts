import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { completeSession, eventually } from '../support/visitor.ts';

const masterKey = newMasterKey();
const ongoing = { access: 'ongoing', permissions: ['balances', 'transactions'] };

/** Serves, and works once its worker is started; the victim works and is killed. */
let survivor: TestApp;
let victim: ChildProcess;
beforeAll(async () => {
  survivor = await startTestApp({ masterKeys: [new Secret(masterKey)], worker: false });
  const script = path.join(import.meta.dirname, '../flow/server-process.ts');
  const values = [survivor.connectionString, masterKey, survivor.bank.url, survivor.url, 'works'];
  victim = spawn(process.execPath, ['--import', 'tsx', script, ...values], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (victim.stdout) await once(victim.stdout, 'data');
});
afterEach(() => survivor.bank.control.clearFaults());
afterAll(async () => {
  victim.kill('SIGKILL');
  await survivor.close();
});

const retrieve = async (id: string) => (await survivor.call('/data/session/retrieve', { id })).body;
const readsAtBank = (route: string) =>
  survivor.bank.control
    .requests()
    .filter((call) => call.route === route && !call.psuPresent && call.status === 200);

function ended(id: string) {
  return eventually(
    () => retrieve(id),
    ({ refresh }) => refresh?.status === 'complete' || refresh?.status === 'failed',
    20_000,
  );
}

test('killed while it reads: another process reads once more, nothing twice, no more calls than are counted', async () => {
  const id = await completeSession(survivor, 'ada', ongoing);
  const before = await retrieve(id);
  survivor.bank.control.clearRequests();
  survivor.bank.control.addFault({ route: 'transactions', fault: 'slow', delayMs: 30_000, times: 1 });
  await survivor.call('/data/session/refresh', { id });
  await eventually(
    async () =>
      (await survivor.pool.query(`SELECT FROM consent_call WHERE scope LIKE 'transactions/%'`)).rowCount,
    (counted) => counted === 1,
  );
  const gone = once(victim, 'exit');
  victim.kill('SIGKILL');
  await gone;
  expect(await retrieve(id)).toMatchObject({ data: before.data, refresh: { status: 'running' } });

  await survivor.pool.query(`UPDATE worker_pool SET seen_at = now() - interval '1 minute'`);
  await survivor.app.startWorker();
  const after = await ended(id);
  expect(after.refresh.status).toBe('complete');
  expect(after.data.transactions).toEqual(before.data.transactions);
  const { rows } = await survivor.pool.query(
    'SELECT type FROM webhook_event WHERE subject = $1 ORDER BY sequence',
    [id],
  );
  expect(rows.map(({ type }) => type)).toEqual([
    'data_session_updated',
    'data_session_completed',
    'data_session_updated',
  ]);

  const counted = (await survivor.call('/data/consent/details', { sessionId: id })).body.budget;
  for (const { remaining } of counted) expect(remaining).toBe(2);
  for (let more = 0; more < 2; more += 1) {
    await survivor.call('/data/session/refresh', { id });
    await ended(id);
  }
  expect((await survivor.call('/data/session/refresh', { id })).status).toBe(429);
  for (const route of ['accounts', 'balances', 'transactions'])
    expect(readsAtBank(route).length).toBeLessThanOrEqual(4);
}, 60_000);

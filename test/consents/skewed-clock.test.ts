import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { endOfLocalDate, localDate } from '../../src/connectors/berlin-group/calendar.ts';
import { Secret } from '../../src/core/secret.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { completeSession, createSession, eventually, statusOf } from '../support/visitor.ts';

const masterKey = newMasterKey();
const minuteMs = 60_000;
const timeZone = 'Europe/Berlin';
const ongoing = { access: 'ongoing', permissions: ['balances'] };

/** Serves, with the right time. Who works is another process, on a machine whose clock is wrong. */
let app: TestApp;
let worker: ChildProcess | undefined;
beforeAll(async () => {
  app = await startTestApp({ masterKeys: [new Secret(masterKey)], worker: false });
});
afterEach(async () => {
  if (!worker) return;
  const gone = once(worker, 'exit');
  worker.kill('SIGKILL');
  await gone;
  worker = undefined;
});
afterAll(() => app.close());

/** Runs before anything else of the process: every date that it makes is so far from the truth. */
function skewedDate(skewMs: number): string {
  const code = `const real = Date; const now = () => real.now() + ${skewMs};
    globalThis.Date = new Proxy(real, {
      construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now()], made),
      get: (target, name) => name === 'now' ? now : Reflect.get(target, name) });`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

async function startWorkerWithSkew(skewMs: number): Promise<ChildProcess> {
  const script = path.join(import.meta.dirname, '../flow/server-process.ts');
  const values = [app.connectionString, masterKey, app.bank.url, app.url, 'works'];
  const preloads = ['--import', skewedDate(skewMs), '--import', 'tsx'];
  const child = spawn(process.execPath, [...preloads, script, ...values], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

/** Ten minutes past the bank's next midnight, and ten before its last one. */
function beyondMidnight(direction: 'ahead' | 'behind'): number {
  const now = app.clock.now();
  const end = endOfLocalDate(localDate(now, timeZone), timeZone);
  return direction === 'ahead'
    ? end.getTime() - now.getTime() + 10 * minuteMs
    : end.getTime() - now.getTime() - 25 * 60 * minuteMs - 10 * minuteMs;
}

async function completeByAnother(): Promise<string> {
  const helper = await app.another();
  await helper.startWorker();
  const id = await completeSession(app, 'joint', ongoing);
  await helper.close();
  return id;
}

test.each(['ahead', 'behind'] as const)(
  'a machine whose clock is %s counts on the bank’s day, and ends nothing that lives',
  async (direction) => {
    const began = app.clock.now();
    const id = await completeByAnother();
    const waiting = await createSession(app);
    await app.pool.query(
      `UPDATE bank_consent SET expires_at = now() + interval '5 minutes' WHERE session_id = $1`,
      [id],
    );
    worker = await startWorkerWithSkew(beyondMidnight(direction));
    for (let count = 0; count < 4; count += 1) {
      expect((await app.call('/data/session/refresh', { id })).status).toBe(200);
      const { refresh } = await eventually(
        async () => (await app.call('/data/session/retrieve', { id })).body,
        (session) => session.refresh.status !== 'running',
      );
      expect(refresh).toMatchObject({ status: 'complete' });
      const now = app.clock.now().getTime() / 1_000;
      expect(Math.abs(refresh.finishedAt - now)).toBeLessThan(30);
    }
    const { status, body } = await app.call('/data/session/refresh', { id });
    const { rows: counted } = await app.pool.query(
      `SELECT DISTINCT day::text FROM consent_call JOIN bank_consent consent ON consent.id = consent_id
       WHERE session_id = $1`,
      [id],
    );
    // The bank's midnight may be just now.
    const days = [began, app.clock.now()].map((at) => localDate(at, timeZone));
    for (const { day } of counted) expect(days).toContain(day);
    if (days[0] === days[1]) expect([status, body.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    expect(await statusOf(app, waiting.id)).toBe('started');
    const { rows } = await app.pool.query('SELECT status FROM bank_consent WHERE session_id = $1', [id]);
    expect(rows).toEqual([{ status: 'authorised' }]);
  },
  60_000,
);

import pino from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createServices, type Services } from '../../src/app/services.ts';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { sandboxBanks } from '../../src/institutions/sandbox-banks.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { BankSlots } from '../../src/sessions/bank-slots.ts';
import { refreshJobs } from '../../src/sessions/refresh-jobs.ts';
import { sessionConsentJobs } from '../../src/sessions/session-consent-jobs.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { completeSession, eventually } from '../support/visitor.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const permissions = ['identity'];
const masterKeys: [Secret] = [new Secret(newMasterKey())];

let app: TestApp;
/** The sweeps of another process, at once and twice at the same time. */
let sweep: () => Promise<void>;
let sweepRefreshes: () => Promise<void>;
let services: Services;
beforeAll(async () => {
  app = await startTestApp({ masterKeys });
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  const options = {
    publicUrl: app.url,
    masterKeys,
    banks: sandboxBanks(app.bank.url),
    bankOrigins: [],
    webhookOrigins: [],
    loopbackWebhooks: true,
    ownPorts: [],
    trustedProxies: [],
    requestsPerMinute: 1,
    workerConcurrency: 1,
    tppClientId: 'PSDDE-BAFIN-123456',
    operatorName: 'Elsewhere',
    version: '0',
  };
  const resources = { pool: app.pool, clock: app.clock, logger: pino({ level: 'silent' }) };
  services = createServices(options, resources, outbound, outbound);
  const jobs = { ...resources, ...services, bankSlots: new BankSlots(1) };
  const { sweeps } = sessionConsentJobs(jobs);
  sweep = async () => {
    await Promise.all([...sweeps, ...sweeps].map(({ run }) => run()));
  };
  sweepRefreshes = async () => {
    await Promise.all(refreshJobs(jobs).sweeps.map(({ run }) => run()));
  };
});
afterEach(() => app.clock.go());
afterAll(() => app.close());

/** What the merchant was told of the session's consent, oldest first. */
async function newsOf(id: string): Promise<string[]> {
  const { items } = (await app.call('/event/list', { sessionId: id, limit: 100 })).body;
  return (items as { type: string }[])
    .map(({ type }) => type)
    .filter((type) => type.startsWith('consent_'))
    .toReversed();
}

/** Moves the time to so many days before the session's consent ends, and lets the sweeps come by. */
async function until(id: string, daysLeft: number): Promise<void> {
  const { expiresAt } = (await app.call('/data/consent/details', { sessionId: id })).body;
  await app.advance(expiresAt * 1_000 - daysLeft * dayMs - app.clock.now().getTime());
  await sweep();
}

test('14, 7 and 1 days before its end, each once, and then that it ended', async () => {
  const id = await completeSession(app, 'joint', { permissions, access: 'ongoing', accessDays: 30 });
  const told: string[] = [];
  for (const days of [15, 14, 13, 8, 7, 6.9, 1.1, 1, 0.1]) {
    await until(id, days);
    if ([14, 7, 1].includes(days)) told.push('consent_expiring');
    expect([days, await newsOf(id)]).toEqual([days, told]);
  }
  await until(id, 0);
  await sweep();
  expect(await newsOf(id)).toEqual([...told, 'consent_expired']);
  const { rows } = await app.pool.query(
    'SELECT status, sealed_credentials FROM bank_consent WHERE session_id = $1',
    [id],
  );
  expect(rows).toEqual([{ status: 'expired', sealed_credentials: null }]);
});

test('after a time in which nobody looked only the nearest is told, with the days that are left', async () => {
  const receiver = await startWebhookReceiver();
  await app.call('/webhook-subscription/create', { url: receiver.url, events: ['consent_expiring'] });
  const asked = { permissions, access: 'ongoing', accessDays: 30, metadata: { a: 1 } };
  const id = await completeSession(app, 'joint', asked);
  const { expiresAt } = (await app.call('/data/consent/details', { sessionId: id })).body;
  await until(id, 4.5);
  const told = await eventually(
    async () => receiver.received.filter(({ event }) => event.payload.id === id),
    (events) => events.length > 0,
  );
  const { referenceId } = (await app.call('/data/session/retrieve', { id })).body;
  expect(told.map(({ event }) => event.payload)).toEqual([
    { id, referenceId, metadata: { a: 1 }, expiresAt, daysLeft: 5 },
  ]);
  await receiver.close();
});

test('access for less time than a notice is not announced before its day; access once never', async () => {
  const short = await completeSession(app, 'joint', { permissions, access: 'ongoing', accessDays: 5 });
  const once = await completeSession(app, 'many', { permissions, access: 'once' });
  for (const days of [5, 3, 1.5]) await until(short, days);
  expect(await newsOf(short)).toEqual([]);
  await until(short, 0.9);
  expect(await newsOf(short)).toEqual(['consent_expiring']);
  await until(short, -1);
  expect(await newsOf(short)).toEqual(['consent_expiring', 'consent_expired']);
  expect(await newsOf(once)).toEqual([]);
});

test('a consent that the merchant ended is not announced', async () => {
  const id = await completeSession(app, 'joint', { permissions, access: 'ongoing', accessDays: 30 });
  await app.call('/data/consent/revoke', { sessionId: id });
  // No token would outlive days that pass between two calls of its end at the bank.
  await eventually(
    async () => (await app.pool.query('SELECT status FROM bank_consent WHERE session_id = $1', [id])).rows[0],
    ({ status }) => status === 'revoked',
  );
  for (const days of [10, 1, -1]) await until(id, days);
  expect(await newsOf(id)).toEqual(['consent_revoked']);
  expect((await app.call('/data/consent/details', { sessionId: id })).body.status).toBe('revoked');
});

test('a consent whose end the bank moved is announced again', async () => {
  const id = await completeSession(app, 'joint', { permissions, access: 'ongoing', accessDays: 30 });
  await until(id, 6);
  expect(await newsOf(id)).toEqual(['consent_expiring']);
  await services.consents.use({ merchantId: 'shop', sessionId: id }, async (usable) => {
    const { consent, keep } = usable?.access ?? {};
    const moved = new Date((consent?.expiresAt?.getTime() ?? 0) + 30 * dayMs);
    if (consent) await keep?.({ ...consent, expiresAt: moved });
  });
  await until(id, 20);
  expect(await newsOf(id)).toHaveLength(1);
  await until(id, 6);
  expect(await newsOf(id)).toHaveLength(2);
});

/** The clock stands still at this moment before the session's consent ends; sweeps have come by. */
async function standAt(id: string, msLeft: number): Promise<void> {
  app.clock.stop();
  await until(id, msLeft / dayMs);
  const { expiresAt } = (await app.call('/data/consent/details', { sessionId: id })).body;
  expect(expiresAt * 1_000 - app.clock.now().getTime()).toBe(msLeft);
}

test('the 180 days: good to their last moment, announced once each however the clock leaps, and over for good', async () => {
  const id = await completeSession(app, 'joint', { permissions, access: 'ongoing' });
  const { expiresAt, createdAt } = (await app.call('/data/consent/details', { sessionId: id })).body;
  expect((expiresAt - createdAt) / 86_400).toBeGreaterThan(179);
  expect((expiresAt - createdAt) / 86_400).toBeLessThanOrEqual(181);
  const told: string[] = [];
  for (const days of [14, 7]) {
    await standAt(id, days * dayMs + 1);
    expect([days, await newsOf(id)]).toEqual([days, told]);
    told.push('consent_expiring');
    // Ten minutes back and forth over the moment.
    for (const leapMs of [-1, 10 * minuteMs, -10 * minuteMs, 1]) {
      await app.advance(-leapMs);
      await sweep();
    }
    await standAt(id, days * dayMs);
    expect([days, await newsOf(id)]).toEqual([days, told]);
  }
  // A leap over the next one and back: what was passed is not made up for.
  for (const daysLeft of [0.5, 6.5, 1, 0.9]) await standAt(id, daysLeft * dayMs);
  told.push('consent_expiring');
  expect(await newsOf(id)).toEqual(told);

  await standAt(id, 1);
  app.bank.control.clearRequests();
  expect((await app.call('/data/session/refresh', { id })).status).toBe(200);
  const { refresh } = await eventually(
    async () => (await app.call('/data/session/retrieve', { id })).body,
    (session) => session.refresh.status !== 'running',
  );
  expect(refresh.status).toBe('complete');

  app.clock.advance(1);
  app.bank.control.clearRequests();
  const { status, body } = await app.call('/data/session/refresh', { id });
  expect([status, body.message]).toEqual([409, expect.stringContaining('expired')]);
  for (const leapMs of [0, -10 * minuteMs, 10 * minuteMs]) {
    await app.advance(leapMs);
    await sweep();
    expect((await app.call('/data/consent/details', { sessionId: id })).body.status).toBe('expired');
    expect((await app.call('/data/session/refresh', { id })).status).toBe(409);
  }
  expect(await newsOf(id)).toEqual([...told, 'consent_expired']);
  expect(app.bank.control.requests()).toEqual([]);
}, 60_000);

test('the address of a user whose refresh waits for its turn too long is erased', async () => {
  const id = await completeSession(app, 'joint', { permissions, access: 'ongoing' });
  app.bank.control.addFault({ route: 'accounts', fault: 'slow', delayMs: 1_500, times: 1 });
  await app.call('/data/session/refresh', { id, user: { ipAddress: '203.0.113.7' } });
  const psu = async () => {
    const { rows } = await app.pool.query(
      'SELECT status, sealed_psu IS NULL AS erased FROM session_refresh WHERE session_id = $1',
      [id],
    );
    return rows[0];
  };
  await sweepRefreshes();
  expect(await psu()).toEqual({ status: 'running', erased: false });
  await app.advance(15 * 60_000);
  await sweepRefreshes();
  expect(await psu()).toEqual({ status: 'running', erased: true });
  await eventually(psu, ({ status }) => status === 'complete');
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { completeSession, createSession, eventually } from '../support/visitor.ts';

const dayMs = 86_400_000;
const ongoing = { access: 'ongoing', permissions: ['identity', 'balances', 'transactions'] };

let app: TestApp;
let liveKey: string;
beforeAll(async () => {
  app = await startTestApp();
  liveKey = await app.addMerchant('shop', 'live');
});
afterAll(() => app.close());

function refresh(id: string, more: object = {}, options: object = {}) {
  return app.call('/data/session/refresh', { id, ...more }, options);
}

/** The session once its refresh has ended. */
function ended(id: string) {
  return eventually(
    async () => (await app.call('/data/session/retrieve', { id })).body,
    ({ refresh: newest }) => newest !== undefined && newest.status !== 'running',
  );
}

describe('the user’s address', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '203.0.113.7',
    '::',
    '::1',
    '::ffff:10.1.2.3',
    '::ffff:127.0.0.1',
    'fc00::7',
    'fe80::1',
    'ff02::1',
    '2001:db8::7',
    '64:ff9b::a00:1',
  ])('400 with a live key for %s, which no user on the internet has', async (ipAddress) => {
    const { status, body } = await refresh('x', { user: { ipAddress } }, { key: liveKey });
    expect([status, body.code, body.param]).toEqual([400, 'VALIDATION', 'user.ipAddress']);
    expect(body.message).toContain('public address');
    expect((await refresh('x', { user: { ipAddress } })).status).toBe(404);
  });

  test.each(['93.184.216.34', '::ffff:93.184.216.34', '2606:4700:4700::1111'])(
    'a live key may name %s',
    async (ipAddress) => {
      expect((await refresh('x', { user: { ipAddress } }, { key: liveKey })).status).toBe(404);
    },
  );

  test('of one’s own machine reaches the sandbox bank as his', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    app.bank.control.clearRequests();
    expect((await refresh(id, { user: { ipAddress: '127.0.0.1' } })).status).toBe(200);
    expect((await ended(id)).refresh.status).toBe('complete');
    const calls = app.bank.control.requests().filter(({ route }) => route === 'accounts');
    expect(calls).toMatchObject([{ status: 200, psuPresent: true }]);
  });
});

describe('statuses', () => {
  test('404 for an unknown session and another merchant’s; 401 without a key', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    const key = await app.addMerchant('rival');
    expect((await refresh('nobody')).status).toBe(404);
    expect((await refresh(id, {}, { key })).body.code).toBe('NOT_FOUND');
    expect((await refresh(id, {}, { key: '' })).status).toBe(401);
    expect((await app.call('/api/service/data/session/refresh', { id })).status).toBe(200);
    await ended(id);
  });

  test('409 that says why', async () => {
    const once = await completeSession(app, 'ada', { access: 'once' });
    const { id: started } = await createSession(app, ongoing);
    const expired = await completeSession(app, 'ada', { ...ongoing, accessDays: 1 });
    await app.advance(3 * dayMs);
    for (const [id, why] of [
      [once, 'access "once"'],
      [started, 'failed|not complete'],
      [expired, 'expired'],
    ] as const) {
      const { status, body } = await refresh(id);
      expect([status, body.code, body.param]).toEqual([409, 'CONFLICT', 'id']);
      expect(body.message).toMatch(new RegExp(why));
    }
  });

  test.each([
    ['id', { id: 7 }],
    ['id', { id: undefined }],
    ['user', { user: 'ada' }],
    ['user.ipAddress', { user: {} }],
    ['user.ipAddress', { user: { ipAddress: 'localhost' } }],
    ['user.ipAddress', { user: { ipAddress: '203.0.113.7, 10.0.0.1' } }],
    ['user.ipAddress', { user: { ipAddress: 'fe80::1%eth0' } }],
    ['user.ipAddress', { user: { ipAddress: '203.0.113.7\r\nx: y' } }],
    ['user.userAgent', { user: { ipAddress: '203.0.113.7', userAgent: 7 } }],
    ['user.userAgent', { user: { ipAddress: '203.0.113.7', userAgent: 'x'.repeat(513) } }],
  ])('400 that names %s: %j', async (param, change) => {
    const { status, body } = await app.call('/data/session/refresh', { id: 'x', ...change });
    expect([status, body.code, body.param]).toEqual([400, 'VALIDATION', param]);
  });
});

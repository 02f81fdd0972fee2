import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  completeSession,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

const dayMs = 86_400_000;
const all = { permissions: ['identity', 'balances', 'transactions'] };
const ongoing = { ...all, access: 'ongoing' };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

async function details(sessionId: string) {
  const { status, body } = await app.call('/data/consent/details', { sessionId });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function revoke(sessionId: string, options: object = {}) {
  const { status, body } = await app.call('/data/consent/revoke', { sessionId }, options);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function eventsOf(id: string): Promise<string[]> {
  const { rows } = await app.pool.query(
    'SELECT type FROM webhook_event WHERE subject = $1 ORDER BY sequence',
    [id],
  );
  return rows.map(({ type }) => type);
}

describe('how a consent stands', () => {
  test('created before the user gave any, failed where he never will', async () => {
    const { id, createdAt } = (await createSession(app, {
      permissions: ['identity', 'transactions'],
    })) as never as {
      id: string;
      createdAt: number;
    };
    expect(await details(id)).toEqual({
      status: 'created',
      permissions: ['accounts', 'transactions'],
      createdAt,
      updatedAt: createdAt,
    });
    const visitor = new Visitor();
    const session = await createSession(app);
    await visitor.submit(await visitor.open(session.redirectUrl), 'cancel');
    expect(await details(session.id)).toMatchObject({ status: 'failed', permissions: ['accounts'] });
  });

  test('authorised with its end and what is left of the day; revoked after the only fetch of access once', async () => {
    const id = await completeSession(app, 'joint', ongoing);
    const found = await details(id);
    expect(found).toMatchObject({
      status: 'authorised',
      permissions: ['accounts', 'balances', 'transactions'],
    });
    expect(found).not.toHaveProperty('revokedAt');
    const days = (found.expiresAt - app.clock.now().getTime() / 1_000) / 86_400;
    expect(days).toBeGreaterThan(179);
    expect(days).toBeLessThan(182);
    const { accounts } = (await app.call('/data/accounts/list', { sessionId: id })).body;
    const untouched = { remaining: 4, limit: 4, resetsAt: expect.any(Number) };
    expect(found.budget).toEqual([
      { read: 'accounts', ...untouched },
      ...accounts.flatMap((account: { id: string }) =>
        ['balances', 'transactions'].map((read) => ({ read, accountId: account.id, ...untouched })),
      ),
    ]);
    await app.call('/data/session/refresh', { id });
    await eventually(
      async () => (await app.call('/data/session/retrieve', { id })).body.refresh.status,
      (status) => status === 'complete',
    );
    const { budget } = await details(id);
    expect(budget).toHaveLength(found.budget.length);
    for (const each of budget) expect(each.remaining).toBe(3);

    const once = await completeSession(app, 'ada', all);
    const ended = await details(once);
    expect(ended).toMatchObject({ status: 'revoked', revokedAt: expect.any(Number) });
    expect(ended).not.toHaveProperty('budget');
  });

  test('expired when its time is over, whether a sweep came by or not', async () => {
    const id = await completeSession(app, 'ada', { ...ongoing, accessDays: 1 });
    await app.advance(3 * dayMs);
    const found = await details(id);
    expect(found.status).toBe('expired');
    expect(found).not.toHaveProperty('budget');
    expect(await revoke(id)).toMatchObject({ status: 'revoked', revokedAt: expect.any(Number) });
  });
});

describe('a merchant revokes', () => {
  test('ongoing access: it ends at the bank too, the data stay, and every answer is the same', async () => {
    const consents = watchConsents(app);
    const id = await completeSession(app, 'ada', ongoing);
    expect(await consents()).toEqual(['valid']);
    const first = await revoke(id);
    expect(first).toEqual({
      status: 'revoked',
      permissions: ['accounts', 'balances', 'transactions'],
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
      expiresAt: expect.any(Number),
      revokedAt: expect.any(Number),
    });
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    await app.advance(60_000);
    const again = await revoke(id);
    expect(again).toMatchObject({ status: 'revoked', revokedAt: first.revokedAt });
    expect(await details(id)).toMatchObject({ status: 'revoked', revokedAt: first.revokedAt });
    expect((await app.call('/data/session/retrieve', { id })).body.data.accounts).toHaveLength(1);
    expect((await app.call('/data/session/refresh', { id })).body).toMatchObject({
      statusCode: 409,
      message: expect.stringContaining('ended'),
    });
    expect(await eventsOf(id)).toEqual(['data_session_updated', 'data_session_completed', 'consent_revoked']);
  });

  test('while a refresh reads: what it brings is not published', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    const { data } = (await app.call('/data/session/retrieve', { id })).body;
    await app.advance(2 * dayMs);
    app.bank.control.addFault({ route: 'transactions', fault: 'slow', delayMs: 1_000, times: 1 });
    await app.call('/data/session/refresh', { id });
    await eventually(
      async () => app.bank.control.requests().at(-1)?.route,
      (route) => route === 'balances' || route === 'transactions',
    );
    await revoke(id);
    const after = await eventually(
      async () => (await app.call('/data/session/retrieve', { id })).body,
      ({ refresh }) => refresh.status === 'failed',
    );
    expect(after.refresh.failure.code).toBe('consent_revoked');
    expect(after.data).toEqual(data);
    app.bank.control.clearFaults();
  });

  test('before there is a consent: the session is cancelled, and a login that comes later is ended at the bank', async () => {
    const consents = watchConsents(app);
    const session = await createSession(app, ongoing);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    const first = await revoke(session.id);
    expect(first).toMatchObject({ status: 'revoked', revokedAt: expect.any(Number) });
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    await app.advance(5_000);
    expect(await revoke(session.id)).toEqual(first);
    expect(await details(session.id)).toEqual(first);
    expect(await eventsOf(session.id)).toEqual(['data_session_failed']);
  });

  test('while the bank is read for the first time: the session is cancelled', async () => {
    app.bank.control.addFault({ route: 'accounts', fault: 'status-503' });
    const consents = watchConsents(app);
    const session = await createSession(app, ongoing);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    expect(await revoke(session.id)).toMatchObject({ status: 'revoked' });
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    app.bank.control.clearFaults();
  });

  test('with a key: the same answer again', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    const call = () =>
      app.call('/data/consent/revoke', { sessionId: id }, { headers: { 'idempotency-key': 'revoke-1' } });
    const first = await call();
    await app.advance(60_000);
    const second = await call();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
  });
});

describe.each(['/data/consent/details', '/data/consent/revoke'])('POST %s', (path) => {
  test('401, 404, 400', async () => {
    const { id } = await createSession(app);
    const key = await app.addMerchant(`rival${path.length}`);
    expect((await app.call(path, { sessionId: id }, { key: '' })).status).toBe(401);
    expect((await app.call(path, { sessionId: id }, { key })).body.code).toBe('NOT_FOUND');
    expect((await app.call(path, { sessionId: 'nobody' })).status).toBe(404);
    expect((await app.call(path, {})).body).toMatchObject({ statusCode: 400, param: 'sessionId' });
    expect((await app.call(`/api/service${path}`, { sessionId: id })).status).toBe(200);
  });
});

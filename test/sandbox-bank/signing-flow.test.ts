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
} from '../support/visitor.ts';

const sealedBank = 'de-trellis-sealed-bank';
const dayMs = 86_400_000;
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ sealedBank: true, expectsErrors: /flow-end-at-bank/ });
});
afterAll(() => app.close());

test('a session at the bank of sealed messages is completed, over pages that need no certificate', async () => {
  const id = await completeSession(
    app,
    'ada',
    { permissions: ['identity', 'balances', 'transactions'] },
    sealedBank,
  );
  const { body } = await app.call(`/data/session/retrieve?id=${id}`);
  expect(body.status).toBe('complete');
  expect(JSON.stringify(body)).toContain('Ada Lindqvist');
  const routes = app.bank.control.requests().map(({ bank, route, status }) => `${bank} ${route} ${status}`);
  expect(routes).toContain('trellis-sealed-bank createConsent 201');
  expect(routes).toContain('trellis-sealed-bank transactions 200');
});

test('a person declines there, and may try another bank', async () => {
  const visitor = new Visitor();
  const session = await createSession(app);
  const away = await goToBank(visitor, session.redirectUrl, sealedBank);
  expect(new URL(leavesTo(away)).protocol).toBe('http:');
  const back = await authoriseAtBank(visitor, leavesTo(away), { decision: 'decline' });
  expect((await visitor.open(back)).status).toBe(200);
  expect(await statusOf(app, session.id)).toBe('started');
});

test('certificates that end while a person is at the bank end his attempt, and no more than that', async () => {
  const visitor = new Visitor();
  const session = await createSession(app);
  const away = await goToBank(visitor, session.redirectUrl, sealedBank);
  const back = await authoriseAtBank(visitor, leavesTo(away));
  app.bank.control.moveClock({ advanceSeconds: (500 * dayMs) / 1_000 });
  const seen = await visitor.open(back);
  expect(seen.page).toBe('failed');
  expect(await statusOf(app, session.id)).toBe('started');
  app.bank.control.moveClock({ now: app.clock.now() });
  await completeSession(app, 'ada', {}, sealedBank);
});

describe('at the bank whose consents are tokens', () => {
  const tokenBank = 'de-trellis-token-bank';
  const ongoing = { access: 'ongoing', permissions: ['identity', 'balances', 'transactions'] };
  const granted = () => app.bank.control.consents().filter(({ bank }) => bank === 'trellis-token-bank');
  const callsTo = (route: string) =>
    app.bank.control.requests().filter((call) => call.bank === 'trellis-token-bank' && call.route === route);
  const ended = (id: string) =>
    eventually(
      async () => (await app.call(`/data/session/retrieve?id=${id}`)).body,
      ({ refresh }) => refresh !== undefined && refresh.status !== 'running',
    );

  test('a session is completed, refreshed a day later with new tokens, and revoked there', async () => {
    const id = await completeSession(app, 'ada', ongoing, tokenBank);
    const { body } = await app.call(`/data/session/retrieve?id=${id}`);
    expect(JSON.stringify(body)).toContain('Ada Lindqvist');
    expect(granted().map(({ status }) => status)).toEqual(['valid']);
    await app.advance(dayMs);
    await app.call('/data/session/refresh', { id });
    expect((await ended(id)).refresh).toMatchObject({ status: 'complete' });
    await app.call('/data/consent/revoke', { sessionId: id });
    await eventually(
      async () => granted().map(({ status }) => status),
      ([status]) => status === 'terminatedByTpp',
    );
    expect(callsTo('revokeToken').map(({ status }) => status)).toEqual([200]);
  });

  test('access once leaves no token behind', async () => {
    await completeSession(app, 'ada', {}, tokenBank);
    await eventually(
      async () => granted().map(({ status }) => status),
      (statuses) => !statuses.includes('valid'),
    );
  });

  test('a person declines, and may try another bank', async () => {
    const visitor = new Visitor();
    const session = await createSession(app);
    const away = await goToBank(visitor, session.redirectUrl, tokenBank);
    const back = await authoriseAtBank(visitor, leavesTo(away), { decision: 'decline' });
    expect((await visitor.open(back)).status).toBe(200);
    expect(await statusOf(app, session.id)).toBe('started');
    expect(granted().map(({ status }) => status)).not.toContain('valid');
  });

  test('a return to an attempt that was given up is no consent', async () => {
    const visitor = new Visitor();
    const session = await createSession(app);
    const away = await goToBank(visitor, session.redirectUrl, tokenBank);
    const back = await authoriseAtBank(visitor, leavesTo(away));
    await visitor.submit(await visitor.open(session.redirectUrl), 'other-bank');
    await visitor.open(back);
    expect(await statusOf(app, session.id)).toBe('started');
    expect(granted().map(({ status }) => status)).not.toContain('valid');
  });

  test('a user who ends it at his bank has ended it', async () => {
    const id = await completeSession(app, 'ada', ongoing, tokenBank);
    for (const consent of granted()) app.bank.control.setConsentStatus(consent.id, 'revokedByPsu');
    await app.call('/data/session/refresh', { id });
    expect((await ended(id)).refresh).toMatchObject({
      status: 'failed',
      failure: { code: 'consent_revoked' },
    });
  });
});

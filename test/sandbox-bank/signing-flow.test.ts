import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  completeSession,
  createSession,
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

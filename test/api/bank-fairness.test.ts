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

const hangingBank = 'de-trellis-redirect-bank';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ workerConcurrency: 4 });
});
afterAll(() => app.close());

test('a bank that never answers, with more users than the worker has slots, holds up no other bank', async () => {
  app.bank.control.addFault({ route: 'accounts', fault: 'no-answer', bank: 'trellis-redirect-bank' });
  const waiting: string[] = [];
  for (let count = 0; count < 6; count += 1) {
    const visitor = new Visitor();
    const session = await createSession(app);
    const away = await goToBank(visitor, session.redirectUrl, hangingBank);
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    waiting.push(session.id);
  }
  const id = await completeSession(app, 'ada');
  expect(await statusOf(app, id)).toBe('complete');
  expect(await Promise.all(waiting.map((each) => statusOf(app, each)))).toEqual(waiting.map(() => 'pending'));
});

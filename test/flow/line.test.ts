import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
} from '../support/visitor.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('from the link to the data', async () => {
  const session = await createSession(app);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl);
  expect(away.page).toBe('hand-over');
  const back = await authoriseAtBank(visitor, leavesTo(away));
  const left = await visitor.open(back);
  expect(left.page).toBe('hand-over');
  expect(leavesTo(left)).toBe(
    `https://shop.example/back?shop=1&referenceId=${session.referenceId}&data-session-id=${session.id}&success=true#top`,
  );
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
});

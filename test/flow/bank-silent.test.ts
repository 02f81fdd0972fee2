import { afterAll, beforeAll, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createSession, eventually, goToBank, Visitor } from '../support/visitor.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ worker: false });
});
afterAll(() => app.close());

test('an answer that never comes is waited for no longer than the limit', { timeout: 40_000 }, async () => {
  const session = await createSession(app);
  const visitor = new Visitor();
  app.bank.control.addFault({ route: 'createConsent', fault: 'no-answer', times: 1 });
  const [failed, waiting] = await Promise.all([
    goToBank(visitor, session.redirectUrl),
    eventually(
      () => visitor.open(`${app.url}/flow/shop/${session.id}`),
      ({ page }) => page === 'waiting-contacting-bank',
    ),
  ]);
  expect(waiting.html).toContain(`/flow/shop/${session.id}/leave`);
  expect(failed.html).toContain(en.failed['bank-down'].title(displayName('Trellis Test Bank')));
  expect((await visitor.submit(failed, 'agree')).page).toBe('hand-over');
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  completeSession,
  createSession,
  eventually,
  testBank,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

const dayMs = 86_400_000;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

function dayAhead(days: number): string {
  return new Date(app.clock.now().getTime() + days * dayMs).toISOString().slice(0, 10);
}

describe('a session of ongoing access', () => {
  test('echoes what was asked for, in both words', async () => {
    const asked = { access: 'ongoing', accessDays: 30, transactionsFrom: dayAhead(-10) };
    const created = await createSession(app, asked);
    expect(created).toMatchObject(asked);
    const { body } = await app.call('/data/session/details', { id: created.id });
    expect(body).toMatchObject(asked);
    const plain = await createSession(app);
    expect(plain).toMatchObject({ access: 'once' });
    expect(plain).not.toHaveProperty('accessDays');
    expect(plain).not.toHaveProperty('transactionsFrom');
  });

  test.each([
    ['en', / until \d+.[A-Z][a-z]+.\d{4}\?/, 'Share this with Shop &amp; Söhne, once?'],
    ['de', /Bis zum \d+\..[A-Z]\S+.\d{4} mit /, 'Einmalig mit Shop &amp; Söhne teilen?'],
  ])('tells the user until when, in %s', async (locale, until, once) => {
    const prefill = { bankId: testBank };
    const consentPage = async (more: object) => {
      const { redirectUrl } = await createSession(app, { locale, prefill, ...more });
      return (await new Visitor().open(redirectUrl)).html;
    };
    const ongoing = await consentPage({ access: 'ongoing', accessDays: 30 });
    expect(ongoing).toMatch(until);
    expect(ongoing).toContain(String(new Date(dayAhead(30)).getUTCFullYear()));
    expect(await consentPage({})).toContain(once);
  });

  test('keeps its consent, for the days that were asked for', async () => {
    const consents = watchConsents(app);
    await completeSession(app, 'ada', { access: 'ongoing', accessDays: 30 });
    await completeSession(app, 'joint', { access: 'once' });
    await eventually(consents, (statuses) => statuses[1] === 'terminatedByTpp');
    expect(await consents()).toEqual(['valid', 'terminatedByTpp']);
    const kept = app.bank.control.consents().find(({ status }) => status === 'valid');
    expect(kept).toMatchObject({ recurring: true, userName: 'ada' });
    expect([dayAhead(30), dayAhead(31)]).toContain(kept?.validUntil);
  });

  test('asks for as many days as the bank gives', async () => {
    await completeSession(app, 'many', { access: 'ongoing' });
    const kept = app.bank.control.consents().findLast(({ userName }) => userName === 'many');
    expect([dayAhead(180), dayAhead(181)]).toContain(kept?.validUntil);
  });
});

test('transactionsFrom is the first day that the bank is asked for', async () => {
  const transactionsFrom = dayAhead(-12);
  const permissions = ['transactions'];
  const rowsOf = async (sessionId: string) => {
    const { body } = await app.call('/data/transactions/list', { sessionId, limit: 500 });
    return body.transactions as { bookingDate?: string; status: string }[];
  };
  const all = await rowsOf(await completeSession(app, 'ada', { permissions }));
  const since = await rowsOf(await completeSession(app, 'ada', { permissions, transactionsFrom }));
  const isSince = ({ bookingDate, status }: (typeof all)[number]) =>
    status === 'pending' || (bookingDate ?? '') >= transactionsFrom;
  expect(since.length).toBeLessThan(all.length);
  expect(since).toEqual(all.filter(isSince));
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { formatDate } from '../../src/flow/views/intl.ts';
import { de } from '../../src/flow/views/texts/de.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  completeSession,
  createSession,
  eventually,
  leavesTo,
  statusOf,
  testBank,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

const dayMs = 86_400_000;
const ongoing = { access: 'ongoing', permissions: ['balances', 'transactions'] };
const returnUrl = 'https://shop.example/back';

let app: TestApp;
let references = 0;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Asks for a session in place of another; what is left out is left out. */
async function renew(renewOf: string, more: object = {}, key?: string) {
  references += 1;
  const body = { referenceId: `renewal-${references}`, returnUrl, renewOf, ...more };
  return app.call('/data/session/create', body, key === undefined ? {} : { key });
}

/** From the consent page to the merchant; the bank needs no choosing. */
async function connect(redirectUrl: string, userName = 'ada'): Promise<void> {
  const visitor = new Visitor();
  const consent = await visitor.open(redirectUrl);
  expect(consent.page).toBe('consent');
  const away = await visitor.submit(consent, 'agree');
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away), { userName }));
}

async function transactionsOf(sessionId: string): Promise<{ id: string }[]> {
  return (await app.call('/data/transactions/list', { sessionId, limit: 500 })).body.transactions;
}

async function eventsOf(id: string): Promise<string[]> {
  const { items } = (await app.call('/event/list', { sessionId: id })).body;
  return items.map(({ type }: { type: string }) => type).toReversed();
}

const consentOf = async (sessionId: string) => (await app.call('/data/consent/details', { sessionId })).body;
const complete = (id: string) =>
  eventually(
    () => statusOf(app, id),
    (status) => status === 'complete',
  );

/** The consent page says what is renewed, in both languages; `lastDay` null: that it has ended. */
async function expectRenewal(redirectUrl: string, lastDay: Date | null): Promise<void> {
  const visitor = new Visitor();
  for (const [locale, { renews }] of [
    ['en', en.consent],
    ['de', de.consent],
  ] as const) {
    const { html } = await visitor.open(`${redirectUrl}&lang=${locale}`);
    expect(html).toContain(renews(displayName('Trellis Test Bank'), lastDay && formatDate(lastDay, locale)));
  }
}

async function lastDayOf(sessionId: string): Promise<Date> {
  return new Date((await consentOf(sessionId)).expiresAt * 1000);
}

test('a renewal takes over bank, permissions and days; the old consent lives until the new one is given', async () => {
  const consents = watchConsents(app);
  const old = await completeSession(app, 'ada', { ...ongoing, accessDays: 60 });
  await app.advance(50 * dayMs);
  const { status, body } = await renew(old);
  expect([status, body.renewOf]).toEqual([200, old]);
  expect(body).toMatchObject({ ...ongoing, accessDays: 60, prefill: { bankId: testBank } });
  expect((await consentOf(old)).status).toBe('authorised');
  await expectRenewal(body.redirectUrl, await lastDayOf(old));
  expect((await app.call('/data/session/refresh', { id: old })).status).toBe(200);
  await eventually(
    async () => (await app.call('/data/session/retrieve', { id: old })).body.refresh.status,
    (refresh) => refresh === 'complete',
  );

  await connect(body.redirectUrl);
  await complete(body.id);
  expect(await consentOf(old)).toMatchObject({ status: 'revoked', revokedAt: expect.any(Number) });
  expect((await consentOf(body.id)).status).toBe('authorised');
  // The bank has let the new one take the place of the old one by itself; here both have ended well.
  expect(await consents()).toEqual(['expired', 'valid']);
  await eventually(
    async () =>
      (await app.pool.query('SELECT status FROM bank_consent WHERE session_id = $1', [old])).rows[0].status,
    (standing) => standing === 'revoked',
  );
  expect((await eventsOf(old)).slice(-1)).toEqual(['consent_revoked']);

  const accounts = async (sessionId: string) =>
    (await app.call('/data/accounts/list', { sessionId })).body.accounts;
  expect(await accounts(body.id)).toEqual(await accounts(old));
  const [before, after] = [await transactionsOf(old), await transactionsOf(body.id)];
  const known = new Map(before.map((row) => [row.id, row]));
  const shared = after.filter(({ id }) => known.has(id));
  expect(shared.length).toBeGreaterThan(20);
  for (const row of shared) expect(row).toEqual(known.get(row.id));
});

test('a card keeps its id in a renewal, though the bank names neither holder nor number', async () => {
  const cards = { ...ongoing, permissions: ['transactions'] };
  const old = await completeSession(app, 'many', cards, 'de-trellis-card-bank');
  const { body } = await renew(old);
  await connect(body.redirectUrl, 'many');
  await complete(body.id);
  const ids = async (sessionId: string) => [
    ...(await app.call('/data/accounts/list', { sessionId })).body.accounts.map(
      ({ id }: { id: string }) => id,
    ),
    ...(await transactionsOf(sessionId)).map(({ id }) => id),
  ];
  expect(await ids(body.id)).toEqual(await ids(old));
});

test('a renewal that the user does not finish changes nothing', async () => {
  const old = await completeSession(app, 'joint', ongoing);
  const { body } = await renew(old);
  const visitor = new Visitor();
  await visitor.submit(await visitor.open(body.redirectUrl), 'cancel');
  expect(await statusOf(app, body.id)).toBe('failed cancelled');
  expect((await consentOf(old)).status).toBe('authorised');
  expect(await eventsOf(old)).not.toContain('consent_revoked');
});

test('one of another person of the bank ends the old consent there too', async () => {
  const consents = watchConsents(app);
  const old = await completeSession(app, 'joint', ongoing);
  const { body } = await renew(old);
  await connect(body.redirectUrl, 'many');
  await complete(body.id);
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  expect(await consents()).toEqual(['terminatedByTpp', 'valid']);
});

test('what the request says goes before what was; an ended consent can be renewed', async () => {
  const old = await completeSession(app, 'ada', { access: 'once', permissions: ['identity'] });
  const { body } = await renew(old, { permissions: ['balances'], access: 'ongoing', accessDays: 5 });
  expect(body).toMatchObject({ permissions: ['balances'], access: 'ongoing', accessDays: 5 });
  await expectRenewal(body.redirectUrl, null);
  const locked = await renew(old, { disableBankSelection: true, prefill: { bankId: testBank } });
  expect(locked.body).toMatchObject({
    access: 'once',
    disableBankSelection: true,
    permissions: ['identity'],
  });
  const inV3 = await app.call('/data/session/create', { referenceId: 'renewal-v3', renewOf: old });
  expect(inV3.body).toMatchObject({ status: 'open', renewOf: old, prefill: { bankId: testBank } });
});

describe('is refused', () => {
  test('for an unknown session, another merchant’s, or one of the other environment', async () => {
    const old = await completeSession(app, 'ada', ongoing);
    const rival = await app.addMerchant('renewrival');
    const live = await app.addMerchant('shop', 'live');
    for (const answer of [
      await renew('nobody'),
      await renew('0192aaaa-0000-7000-8000-000000000000'),
      await renew(old, { permissions: ['identity'] }, rival),
      await renew(old, { permissions: ['identity'] }, live),
    ])
      expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'VALIDATION', 'renewOf']);
  });

  test('before the other session is complete', async () => {
    const { id } = await createSession(app, ongoing);
    const { status, body } = await renew(id);
    expect([status, body.code, body.param]).toEqual([409, 'CONFLICT', 'renewOf']);
  });

  test('with another bank, or days that its bank does not give', async () => {
    const old = await completeSession(app, 'ada', ongoing);
    const other = await renew(old, { prefill: { bankId: 'de-trellis-redirect-bank' } });
    expect([other.status, other.body.param]).toEqual([400, 'prefill.bankId']);
    const long = await renew(old, { accessDays: 181 });
    expect([long.status, long.body.param]).toEqual([400, 'accessDays']);
  });
});

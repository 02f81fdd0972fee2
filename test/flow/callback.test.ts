import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  testBank,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ flowRequestsPerMinute: 1_000_000 });
});
afterAll(() => app.close());
beforeEach(() => app.bank.control.clearFaults());

/** A user whom the bank has just sent back: the address is not yet opened. */
async function comingBack(options: Parameters<typeof authoriseAtBank>[2] = {}, bank = testBank) {
  const session = await createSession(app);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl, bank);
  const back = await authoriseAtBank(visitor, leavesTo(away), options);
  return { session, visitor, back, home: `${app.url}/flow/shop/${session.id}` };
}

/** Tells the bank's routes that are called from now on; those for older consents than the latest may still be. */
function watchCalls(): () => string[] {
  const mine = app.bank.control.consents().at(-1)?.id;
  app.bank.control.clearRequests();
  const isMine = ({ consentId }: { consentId?: string }) => consentId === undefined || consentId === mine;
  return () =>
    app.bank.control
      .requests()
      .filter(isMine)
      .map(({ route }) => route);
}

describe('a return', () => {
  test('leads to the merchant at once, and the session is pending', async () => {
    const { session, visitor, back } = await comingBack();
    const first = await visitor.send(back);
    expect(first.status).toBe(303);
    expect(first.headers.get('location')).toBe(`/flow/shop/${session.id}/leave`);
    expect(await statusOf(app, session.id)).toMatch(/^(pending|complete)$/);
  });

  test('opened again shows how the session stands and asks the bank nothing', async () => {
    const { session, visitor, back } = await comingBack();
    await visitor.open(back);
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
    const asked = watchCalls();
    for (let count = 0; count < 3; count += 1) {
      const again = await visitor.open(back);
      expect(again.page).toBe('hand-over');
      expect(leavesTo(again)).toContain('success=true');
    }
    expect(asked().filter((route) => route !== 'deleteConsent')).toEqual([]);
    expect(await statusOf(app, session.id)).toBe('complete');
  });

  test('twice at once is exchanged once, and both see it end well', async () => {
    const { session, visitor, back } = await comingBack();
    app.bank.control.clearRequests();
    app.bank.control.addFault({ route: 'token', fault: 'slow', delayMs: 300, times: 1 });
    const both = await Promise.all([visitor.open(back), visitor.open(back), visitor.open(back)]);
    const pages = both.map(({ page }) => page).sort();
    expect(pages).toEqual(['hand-over', 'waiting-finishing', 'waiting-finishing']);
    expect(app.bank.control.requests().filter(({ route }) => route === 'token')).toHaveLength(1);
    const waited = await visitor.open(`${app.url}/flow/shop/${session.id}/leave`);
    expect(leavesTo(waited)).toContain('success=true');
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
  });

  test.each<[string, (url: URL, other: URL) => void]>([
    ['without a state', (url) => url.searchParams.delete('state')],
    ['with a made-up state', (url) => url.searchParams.set('state', 'x')],
    [
      'with a state of a form that nobody made',
      (url) => url.searchParams.set('state', `shop.${'A'.repeat(22)}.${'A'.repeat(27)}`),
    ],
    [
      'with a state that was changed',
      (url) => url.searchParams.set('state', `${url.searchParams.get('state')?.slice(0, -1)}_`),
    ],
    ['with two states', (url) => url.searchParams.append('state', url.searchParams.get('state') ?? '')],
    [
      'at another bank’s address',
      (url) => {
        url.pathname = '/flow/callback/de-trellis-redirect-bank';
      },
    ],
    [
      'at the address of no bank',
      (url) => {
        url.pathname = '/flow/callback/..%2F..%00';
      },
    ],
  ])('%s is not accepted; the session waits on, and its user is shown the way', async (_name, spoil) => {
    const { session, visitor, back, home } = await comingBack();
    const url = new URL(back);
    spoil(url, url);
    const asked = watchCalls();
    const seen = await visitor.open(url.href);
    expect([seen.status, seen.page]).toEqual([400, 'stray-return']);
    expect(seen.html).toContain(`href="${new URL(home).pathname}"`);
    expect((await new Visitor().open(url.href)).page).toBe('unknown-link');
    expect(asked()).toEqual([]);
    expect(await statusOf(app, session.id)).toBe('started');
    expect(leavesTo(await visitor.open(back))).toContain('success=true');
  });

  test('without a state leads a browser of two sessions to the one that it used last', async () => {
    const visitor = new Visitor();
    const [first, second] = [await createSession(app), await createSession(app)];
    for (const { redirectUrl } of [first, second]) await goToBank(visitor, redirectUrl);
    const callback = `${app.url}/flow/callback/${testBank}?code=x`;
    expect((await visitor.open(callback)).html).toContain(`/flow/shop/${second.id}"`);
    await visitor.submit(await visitor.open(`${app.url}/flow/shop/${second.id}`), 'cancel');
    expect((await visitor.open(callback)).html).toContain(`/flow/shop/${first.id}"`);
    await visitor.submit(await visitor.open(`${app.url}/flow/shop/${first.id}`), 'cancel');
    expect((await visitor.open(callback)).page).toBe('unknown-link');
  });

  test.each<[string, (url: URL) => void]>([
    ['names another issuer', (url) => url.searchParams.set('iss', 'https://evil.example')],
    ['names no issuer', (url) => url.searchParams.delete('iss')],
    ['names two issuers', (url) => url.searchParams.append('iss', 'https://evil.example')],
  ])('that %s has broken off: nothing is exchanged, and its user may try again', async (_name, spoil) => {
    const consents = watchConsents(app);
    const { session, visitor, back } = await comingBack();
    const url = new URL(back);
    expect(url.searchParams.has('iss')).toBe(true);
    spoil(url);
    app.bank.control.clearRequests();
    const failed = await visitor.open(url.href);
    expect(failed.html).toContain(en.failed.interrupted.title(displayName('')));
    expect(app.bank.control.requests().map(({ route }) => route)).not.toContain('token');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    const again = await visitor.submit(failed, 'agree');
    const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(again)));
    expect(leavesTo(left)).toContain('success=true');
    expect(await statusOf(app, session.id)).toMatch(/^(pending|complete)$/);
  });

  test('with the code of one session and the state of another gives neither the other’s data', async () => {
    const [mine, theirs] = [await comingBack(), await comingBack()];
    const mixed = new URL(mine.back);
    mixed.searchParams.set('code', new URL(theirs.back).searchParams.get('code') ?? '');
    const seen = await mine.visitor.open(mixed.href);
    expect(seen.page).toBe('failed');
    expect(await statusOf(app, mine.session.id)).toBe('started');
    expect(await statusOf(app, theirs.session.id)).toBe('started');
  });

  test('with another session’s state, in a browser that holds only its own, is quarantined', async () => {
    const [mine, theirs] = [await comingBack(), await comingBack()];
    const seen = await mine.visitor.open(theirs.back);
    expect(seen.page).toBe('release-code');
    expect(await statusOf(app, theirs.session.id)).toBe('started');
    expect((await mine.visitor.open(mine.home)).page).toBe('consent');
  });

  test('asked for by HEAD uses nothing up', async () => {
    const { visitor, back } = await comingBack();
    expect((await visitor.send(back, { method: 'HEAD' })).status).toBe(404);
    expect(leavesTo(await visitor.open(back))).toContain('success=true');
  });
});

test('more users at once than the database has connections for', async () => {
  const users = await Promise.all(Array.from({ length: 40 }, () => comingBack()));
  const left = await Promise.all(users.map(({ visitor, back }) => visitor.open(back)));
  for (const seen of left) expect(leavesTo(seen)).toContain('success=true');
});

describe('what is kept', () => {
  test('of a user who is at his bank tells nothing to who reads the tables', async () => {
    const { session, visitor, back, home } = await comingBack();
    const state = new URL(back).searchParams.get('state') ?? '';
    const bankUrl = leavesTo(await visitor.open(`${home}/leave`));
    const { rows } = await app.pool.query('SELECT * FROM flow_attempt WHERE session_id = $1', [session.id]);
    const kept = Object.values(rows[0]).map((value) =>
      Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value),
    );
    const consentId = new URL(bankUrl).searchParams.get('scope')?.replace('AIS:', '') ?? 'no consent';
    for (const secret of [state, consentId, app.bank.url, 'codeVerifier'])
      expect(kept.join('\n')).not.toContain(secret);
    expect(rows[0]).toMatchObject({ stage: 'at-bank', sealed_grant: null, bank_id: testBank });
  });

  test('of an attempt in the queue is its name', async () => {
    const consents = watchConsents(app);
    const { session, visitor, home } = await comingBack();
    await visitor.submit(await visitor.open(home), 'cancel');
    const { rows } = await app.pool.query(
      "SELECT payload FROM graphile_worker._private_jobs WHERE payload::text LIKE '%attemptId%'",
    );
    for (const { payload } of rows) expect(Object.keys(payload).sort()).toEqual(['attemptId', 'merchantId']);
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });
});

describe('what the bank or the user decides', () => {
  test.each([
    ['ada', 'decline'],
    ['cancel', 'confirm'],
  ] as const)('%s who says no may try again, and then goes on', async (userName, decision) => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    const login = await visitor.open(leavesTo(away));
    const confirm = await visitor.submit(login, 'login', { userName, password: 'any' });
    const done = userName === 'cancel' ? confirm : await visitor.submit(confirm, 'confirm', { decision });
    const failed = await visitor.open(leavesTo(done));
    expect(failed.page).toBe('failed');
    expect(failed.html).toContain(en.failed['cancelled-at-bank'].title(displayName('Trellis Test Bank')));
    expect((await visitor.open(failed.url)).page).toBe('failed');
    const again = await visitor.submit(failed, 'agree');
    expect(again.page).toBe('hand-over');
    const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(again)));
    expect(leavesTo(left)).toContain('success=true');
  });

  test('who gives up after a refusal goes back with the reason', async () => {
    const { session, visitor, back } = await comingBack({ decision: 'decline' });
    const failed = await visitor.open(back);
    const left = await visitor.submit(failed, 'back');
    expect(leavesTo(left)).toContain('success=false&reason=cancelled');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });

  test('who wants another bank chooses anew; the first consent is ended', async () => {
    const consents = watchConsents(app);
    const { visitor, back, session } = await comingBack({ decision: 'decline' });
    const chooser = await visitor.submit(await visitor.open(back), 'other-bank');
    expect(chooser.page).toBe('choose-bank');
    const consent = await visitor.submit(chooser, 'choose', { bank: 'de-trellis-redirect-bank' });
    const away = await visitor.submit(consent, 'agree');
    const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    expect(leavesTo(left)).toContain('success=true');
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
    const [first] = await consents();
    expect(first).not.toBe('valid');
  });
});

describe('one consent at a time', () => {
  test('agreeing twice at once makes one consent and leads both to it', async () => {
    const consents = watchConsents(app);
    const { redirectUrl } = await createSession(app);
    const visitor = new Visitor();
    const consent = await visitor.submit(await visitor.open(redirectUrl), 'choose', { bank: testBank });
    app.bank.control.addFault({ route: 'createConsent', fault: 'slow', delayMs: 300, times: 1 });
    const both = await Promise.all([visitor.submit(consent, 'agree'), visitor.submit(consent, 'agree')]);
    expect(both.map(({ page }) => page).sort()).toEqual(['hand-over', 'waiting-contacting-bank']);
    expect(await consents()).toEqual(['received']);
    const addresses = [
      both.find(({ page }) => page === 'hand-over'),
      await visitor.open(`${consent.url}/leave`),
    ];
    expect(new Set(addresses.map((seen) => seen && leavesTo(seen))).size).toBe(1);
  });

  test('back from the bank shows the consent again, and agreeing leads to the same one', async () => {
    const consents = watchConsents(app);
    const { id, redirectUrl } = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, redirectUrl);
    await visitor.open(leavesTo(away));
    const back = await visitor.open(`${app.url}/flow/shop/${id}`);
    expect(back.page).toBe('consent');
    expect(leavesTo(await visitor.submit(back, 'agree'))).toBe(leavesTo(away));
    expect(await consents()).toHaveLength(1);
  });

  test('choosing another bank while the first waits ends the first, and its late return changes nothing', async () => {
    const consents = watchConsents(app);
    const { session, visitor, back, home } = await comingBack();
    expect(await consents()).toEqual(['valid']); // authorised at the bank, not yet exchanged
    const chooser = await visitor.submit(await visitor.open(home), 'other-bank');
    expect(chooser.page).toBe('choose-bank');
    const late = await visitor.open(back);
    expect(late.page).toBe('choose-bank');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('started');
  });

  test('choosing the same bank again keeps what waits there', async () => {
    const consents = watchConsents(app);
    const { visitor, back, home } = await comingBack();
    const shown = await visitor.open(home);
    const forged = { ...shown, html: shown.html.replaceAll('/cancel', '/choose') };
    expect((await visitor.submit(forged, 'choose', { bank: testBank })).page).toBe('consent');
    expect(leavesTo(await visitor.open(back))).toContain('success=true');
    expect(await consents()).toHaveLength(1);
  });

  test('cancelling in another tab ends what the bank has authorised', async () => {
    const consents = watchConsents(app);
    const { session, visitor, back, home } = await comingBack();
    await visitor.submit(await visitor.open(home), 'cancel');
    const late = await visitor.open(back);
    expect(leavesTo(late)).toContain('reason=cancelled');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });

  test('cancelling while the return is exchanged revokes what was just authorised', async () => {
    const consents = watchConsents(app);
    const { session, visitor, back, home } = await comingBack();
    const otherTab = await visitor.open(home);
    app.bank.control.addFault({ route: 'token', fault: 'slow', delayMs: 500, times: 1 });
    const returning = visitor.open(back);
    await eventually(
      () => visitor.open(home),
      ({ page }) => page === 'waiting-finishing',
    );
    expect((await visitor.submit(otherTab, 'other-bank')).page).toBe('waiting-finishing');
    expect(leavesTo(await visitor.submit(otherTab, 'cancel'))).toContain('reason=cancelled');
    expect(leavesTo(await returning)).toContain('reason=cancelled');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });

  test('a session that expired at the bank ends what the bank has authorised', async () => {
    const consents = watchConsents(app);
    const { session, visitor, back } = await comingBack();
    await app.advance(76 * 60_000);
    const late = await visitor.open(back);
    expect(leavesTo(late)).toContain('reason=expired');
    await eventually(consents, ([status]) => status !== 'valid' && status !== 'received');
    expect(await statusOf(app, session.id)).toMatch(/started|failed expired/);
    app.clock.advance(-76 * 60_000);
  });

  test('a session that expired less than 15 minutes ago still waits for its user', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    await app.advance(70 * 60_000);
    const back = await authoriseAtBank(visitor, leavesTo(away));
    expect(leavesTo(await visitor.open(back))).toContain('success=true');
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
    app.clock.advance(-70 * 60_000);
  });
});

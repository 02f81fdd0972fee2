import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  formOf,
  leavesTo,
  statusOf,
  testBank,
  Visitor,
} from '../support/visitor.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ worker: false });
});
afterAll(() => app.close());

describe('the link', () => {
  test('shows by GET and binds nothing, however often it is opened', async () => {
    const session = await createSession(app);
    for (let count = 0; count < 3; count += 1) {
      expect((await new Visitor().open(session.redirectUrl)).page).toBe('choose-bank');
    }
    const { rows } = await app.pool.query('SELECT FROM flow_visit WHERE session_id = $1', [session.id]);
    expect(rows).toHaveLength(0);
  });

  test('is left behind by the first answer, which leads to an address without the token', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const first = await visitor.open(session.redirectUrl);
    const answered = await visitor.submitOnce(first, 'choose', { bank: testBank });
    expect(answered.status).toBe(303);
    expect(answered.headers.get('location')).toBe(`/flow/shop/${session.id}`);
    expect((await visitor.open(session.redirectUrl)).url).toBe(`${app.url}/flow/shop/${session.id}`);
  });

  test.each([
    '',
    'x',
    'shop.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '%00',
    '../../etc',
    'a'.repeat(3_000),
  ])('that is unknown (%#) is a page that says so', async (token) => {
    const seen = await new Visitor().open(`${app.url}/flow/start?t=${encodeURIComponent(token)}`);
    expect([seen.status, seen.page]).toEqual([404, 'unknown-link']);
    expect(seen.headers.get('content-type')).toContain('text/html');
  });

  test('a token that came twice is none', async () => {
    const { redirectUrl } = await createSession(app);
    const token = new URL(redirectUrl).searchParams.get('t');
    expect((await new Visitor().open(`${redirectUrl}&t=${token}`)).status).toBe(404);
  });
});

describe('the cookie', () => {
  test('is out of reach for scripts and for other sites’ forms', async () => {
    const { redirectUrl } = await createSession(app);
    const seen = await new Visitor().send(redirectUrl);
    const [cookie = ''] = seen.headers.getSetCookie();
    expect(cookie).toMatch(/^trellis-flow=[A-Za-z0-9_-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('one browser holds many sessions', async () => {
    const visitor = new Visitor();
    const sessions = [await createSession(app), await createSession(app)];
    for (const { redirectUrl } of sessions) {
      await visitor.submit(await visitor.open(redirectUrl), 'choose', { bank: testBank });
    }
    for (const { id } of sessions) {
      expect((await visitor.open(`${app.url}/flow/shop/${id}`)).page).toBe('consent');
    }
  });

  test('without it the address of a session is worth nothing', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    await visitor.submit(await visitor.open(session.redirectUrl), 'choose', { bank: testBank });
    const stranger = new Visitor();
    await stranger.open((await createSession(app)).redirectUrl);
    for (const other of [stranger, new Visitor()]) {
      for (const path of ['', '/leave']) {
        const seen = await other.open(`${app.url}/flow/shop/${session.id}${path}`);
        expect([seen.status, seen.page]).toEqual([404, 'unknown-link']);
        expect(seen.html).not.toContain('Shop');
      }
    }
  });
});

describe('a form that was not in our page changes nothing', () => {
  async function atConsent() {
    const session = await createSession(app);
    const visitor = new Visitor();
    const consent = await visitor.submit(await visitor.open(session.redirectUrl), 'choose', {
      bank: testBank,
    });
    return { session, visitor, consent };
  }

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['without a token', { csrf: '' }, {}],
    ['with a made-up token', { csrf: 'A'.repeat(86) }, {}],
    ['with a token that is not one', { csrf: 'ä\0💣' }, {}],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a neighbouring site', {}, { 'sec-fetch-site': 'same-site' }],
    ['from another origin, by a browser that says no more', {}, { origin: 'https://evil.example' }],
    ['from a page without an origin', {}, { origin: 'null' }],
  ])('%s', async (_name, fields, headers) => {
    const { session, visitor, consent } = await atConsent();
    const seen = await visitor.submitOnce(consent, 'cancel', fields, headers);
    expect([seen.status, seen.page]).toEqual([403, 'fault']);
    expect(await statusOf(app, session.id)).toBe('started');
    expect((await visitor.open(`${app.url}/flow/shop/${session.id}`)).page).toBe('consent');
  });

  test('with the token of another session of the same browser', async () => {
    const { session, visitor, consent } = await atConsent();
    const other = await visitor.open((await createSession(app)).redirectUrl);
    const { hidden } = formOf(other, 'cancel');
    expect((await visitor.submitOnce(consent, 'cancel', hidden)).status).toBe(403);
    expect(await statusOf(app, session.id)).toBe('started');
  });

  test('with the token of another browser', async () => {
    const { session, visitor, consent } = await atConsent();
    const attacker = new Visitor();
    const { hidden } = formOf(await attacker.open((await createSession(app)).redirectUrl), 'cancel');
    expect((await visitor.submitOnce(consent, 'cancel', hidden)).status).toBe(403);
    expect(await statusOf(app, session.id)).toBe('started');
  });

  test('from a browser that keeps no cookies', async () => {
    const { redirectUrl } = await createSession(app);
    const first = await new Visitor().open(redirectUrl);
    const seen = await new Visitor().submitOnce(first, 'choose', { bank: testBank });
    expect([seen.status, seen.page]).toEqual([403, 'fault']);
    expect(seen.html).toContain(redirectUrl.replace(app.url, ''));
  });

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])('as %s', async (type) => {
    const { session, visitor, consent } = await atConsent();
    const { url } = formOf(consent, 'cancel');
    const seen = await visitor.send(url, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"csrf":"x"}',
    });
    expect(seen.status).toBeGreaterThanOrEqual(400);
    expect(seen.status).toBeLessThan(500);
    expect(seen.page).toBe('fault');
    expect(await statusOf(app, session.id)).toBe('started');
  });

  test('that is larger than any of ours', async () => {
    const { visitor, consent } = await atConsent();
    const seen = await visitor.submitOnce(consent, 'cancel', { more: 'x'.repeat(9_000) });
    expect([seen.status, seen.page]).toEqual([413, 'fault']);
  });
});

describe('a second browser', () => {
  test('takes over before the hand-over; the first is told and may take it back', async () => {
    const session = await createSession(app);
    const [first, second] = [new Visitor(), new Visitor()];
    const home = `${app.url}/flow/shop/${session.id}`;
    await first.submit(await first.open(session.redirectUrl), 'choose', { bank: testBank });
    const shown = await second.open(session.redirectUrl);
    expect(shown.page).toBe('consent');
    expect((await first.open(home)).page).toBe('consent');
    expect((await second.submit(shown, 'other-bank')).page).toBe('choose-bank');
    const moved = await first.open(home);
    expect(moved.page).toBe('moved');
    expect((await first.submit(moved, 'take-over')).page).toBe('choose-bank');
    expect((await second.open(home)).page).toBe('moved');
  });

  test('comes too late after the hand-over, with the link or without', async () => {
    const session = await createSession(app);
    const [first, early, late] = [new Visitor(), new Visitor(), new Visitor()];
    const home = `${app.url}/flow/shop/${session.id}`;
    const stale = await early.open(session.redirectUrl);
    await early.submit(stale, 'choose', { bank: testBank });
    expect((await first.submit(await first.open(session.redirectUrl), 'agree')).page).toBe('hand-over');
    const told = await early.open(home);
    expect(told.page).toBe('moved');
    expect(told.html).not.toContain('take-over');
    expect((await late.open(session.redirectUrl)).page).toBe('moved');
    expect((await early.submit(stale, 'cancel')).page).toBe('moved');
    expect(
      (await early.submit({ ...stale, html: stale.html.replaceAll('/cancel', '/take-over') }, 'take-over'))
        .page,
    ).toBe('moved');
    expect(await statusOf(app, session.id)).toBe('started');
    expect((await first.open(home)).page).toBe('consent');
  });

  test('a page that has grown old in the first browser cannot answer any more', async () => {
    const session = await createSession(app);
    const [first, second] = [new Visitor(), new Visitor()];
    const old = await first.submit(await first.open(session.redirectUrl), 'choose', { bank: testBank });
    await second.submit(await second.open(session.redirectUrl), 'other-bank');
    expect((await first.submit(old, 'cancel')).page).toBe('moved');
    expect(await statusOf(app, session.id)).toBe('started');
  });
});

describe('what is agreed to', () => {
  test('a page of another bank, grown old in another tab, agrees to nothing', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const one = await visitor.submit(await visitor.open(session.redirectUrl), 'choose', { bank: testBank });
    const chooser = await visitor.submit(one, 'other-bank');
    const two = await visitor.submit(chooser, 'choose', { bank: 'de-trellis-redirect-bank' });
    expect((await visitor.submit(one, 'agree')).page).toBe('consent');
    expect(await visitor.open(two.url)).toMatchObject({
      page: 'consent',
      html: expect.stringContaining('Redirect Bank'),
    });
    expect((await visitor.submit(two, 'agree')).page).toBe('hand-over');
  });

  test('the merchant’s bank is preset and may be changed', async () => {
    const { redirectUrl } = await createSession(app, { prefill: { bankId: testBank } });
    const visitor = new Visitor();
    const shown = await visitor.open(redirectUrl);
    expect(shown.page).toBe('consent');
    expect((await visitor.submit(shown, 'other-bank')).page).toBe('choose-bank');
  });

  test('the merchant’s bank is fixed where it says so', async () => {
    const preset = { prefill: { bankId: testBank }, disableBankSelection: true };
    const { id, redirectUrl } = await createSession(app, preset);
    const visitor = new Visitor();
    const shown = await visitor.open(redirectUrl);
    expect(shown.page).toBe('consent');
    expect(shown.html).not.toContain('/other-bank');
    const forged = (action: string) => ({ ...shown, html: shown.html.replaceAll('/cancel', `/${action}`) });
    expect((await visitor.submit(forged('other-bank'), 'other-bank')).page).toBe('consent');
    const other = await visitor.submit(forged('choose'), 'choose', { bank: 'de-trellis-redirect-bank' });
    expect(other.page).toBe('consent');
    expect(other.html).toContain('Trellis Test Bank');
    expect(await statusOf(app, id)).toBe('started');
  });

  test.each(['', 'de-nowhere', '__proto__', '../x', 'de-trellis-test-bank\0'])(
    'bank "%s" is no bank',
    async (bank) => {
      const { redirectUrl } = await createSession(app);
      const visitor = new Visitor();
      expect((await visitor.submit(await visitor.open(redirectUrl), 'choose', { bank })).page).toBe(
        'choose-bank',
      );
    },
  );

  test('an action that the present step does not have changes nothing', async () => {
    const { id, redirectUrl } = await createSession(app);
    const visitor = new Visitor();
    const shown = await visitor.open(redirectUrl);
    for (const action of [
      'agree',
      'continue',
      'code',
      'back',
      'take-over',
      'nonsense',
      '__proto__',
      'constructor',
    ]) {
      const forged = { ...shown, html: shown.html.replaceAll('/cancel', `/${action}`) };
      expect((await visitor.submit(forged, action)).page).toBe('choose-bank');
    }
    expect(await statusOf(app, id)).toBe('started');
  });
});

describe('the end', () => {
  test('cancel goes back to the merchant with the reason, from each step', async () => {
    for (const steps of [0, 1]) {
      const session = await createSession(app);
      const visitor = new Visitor();
      let seen = await visitor.open(session.redirectUrl);
      if (steps > 0) seen = await visitor.submit(seen, 'choose', { bank: testBank });
      const left = await visitor.submit(seen, 'cancel');
      expect(left.page).toBe('hand-over');
      expect(leavesTo(left)).toBe(
        `https://shop.example/back?shop=1&referenceId=${session.referenceId}&data-session-id=${session.id}&success=false&reason=cancelled#top`,
      );
      expect(await statusOf(app, session.id)).toBe('failed cancelled');
      expect((await visitor.open(session.redirectUrl)).page).toBe('ended');
      expect((await visitor.submit(seen, 'cancel')).page).toBe('hand-over');
    }
  });

  test('another browser that has the link is told of no end, and is led nowhere', async () => {
    const session = await createSession(app);
    const [first, second, early] = [new Visitor(), new Visitor(), new Visitor()];
    await early.submit(await early.open(session.redirectUrl), 'choose', { bank: testBank });
    const away = await first.submit(await first.open(session.redirectUrl), 'agree');
    const left = await first.open(await authoriseAtBank(first, leavesTo(away)));
    expect(leavesTo(left)).toContain('success=true');
    for (const address of [session.redirectUrl, `${session.redirectUrl}&lang=de`]) {
      const seen = await second.open(address);
      expect([seen.status, seen.page]).toEqual([200, 'link-used']);
      expect(seen.html).not.toContain('shop.example');
      expect(seen.html).not.toContain('success');
    }
    for (const path of ['', '/leave']) {
      expect((await early.open(`${app.url}/flow/shop/${session.id}${path}`)).page).toBe('link-used');
    }
    expect((await first.open(session.redirectUrl)).page).toBe('ended-pending');
  });

  test('a link that nobody used in time leads back to the merchant', async () => {
    const session = await createSession(app);
    app.clock.advance(61 * 60_000);
    const late = await new Visitor().open(session.redirectUrl);
    expect(late.page).toBe('ended');
    expect(late.html).toContain('reason=expired');
    app.clock.advance(-61 * 60_000);
  });

  test('an expired session says so, before the sweep has seen it and after', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const seen = await visitor.submit(await visitor.open(session.redirectUrl), 'choose', { bank: testBank });
    app.clock.advance(61 * 60_000);
    app.bank.control.clearRequests();
    const ended = await visitor.submit(seen, 'agree');
    expect(ended.page).toBe('ended');
    expect(ended.html).toContain('reason=expired');
    const late = await new Visitor().open(session.redirectUrl);
    expect(late.page).toBe('link-used');
    expect(late.html).not.toContain('shop.example');
    expect(app.bank.control.requests()).toEqual([]);
    app.clock.advance(-61 * 60_000);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { TestClock } from '../support/test-clock.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

let app: TestApp;
/** The same address of a second process, as a load balancer may choose it. */
let elsewhere: (address: string) => string;
beforeAll(async () => {
  app = await startTestApp({ flowRequestsPerMinute: 1_000_000 });
  const other = await app.another();
  elsewhere = (address) => address.replace(app.url, other.url);
});
afterAll(() => app.close());
beforeEach(() => app.bank.control.clearFaults());

/** A user whom the bank has just sent back: the address is not yet opened. */
async function comingBack() {
  const session = await createSession(app);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl);
  const back = await authoriseAtBank(visitor, leavesTo(away));
  return { session, visitor, back, home: `${app.url}/flow/shop/${session.id}` };
}

describe('a return to one process when another one had it first', () => {
  /** What the bank was asked of this session from now on; ends of consents come from the queue, in their time. */
  const watchBank = () => {
    app.bank.control.clearRequests();
    return () =>
      app.bank.control
        .requests()
        .map(({ route }) => route)
        .filter((route) => route !== 'deleteConsent');
  };

  test('at the same time is exchanged once; all see it end well', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { session, visitor, back } = await comingBack();
      const asked = watchBank();
      const addresses = [back, elsewhere(back), back, elsewhere(back)];
      const seen = await Promise.all(addresses.map((address) => visitor.open(address)));
      for (const { page } of seen) expect(['hand-over', 'waiting-finishing']).toContain(page);
      expect(asked().filter((route) => route === 'token')).toHaveLength(1);
      for (const at of [app.url, elsewhere(app.url)])
        expect(leavesTo(await visitor.open(`${at}/flow/shop/${session.id}/leave`))).toContain('success=true');
      await eventually(
        () => statusOf(app, session.id),
        (status) => status === 'complete',
      );
      const { rows } = await app.pool.query(
        'SELECT type FROM webhook_event WHERE subject = $1 ORDER BY sequence',
        [session.id],
      );
      expect(rows.map(({ type }) => type)).toEqual(['data_session_updated', 'data_session_completed']);
    }
  });

  test('with the right to another browser: of two at once, one is quarantined or too late, and one consent is kept', async () => {
    const { session, visitor, back } = await comingBack();
    const stranger = new Visitor();
    const asked = watchBank();
    const [own, strange] = await Promise.all([visitor.open(back), stranger.open(elsewhere(back))]);
    expect(asked().filter((route) => route === 'token')).toHaveLength(1);
    expect(strange.html).not.toContain('shop.example');
    const status = await statusOf(app, session.id);
    if (strange.page === 'release-code') expect(status).toBe('started');
    else expect([own.page, status]).toEqual(['hand-over', expect.stringMatching(/pending|complete/)]);
  });

  test.each<
    [
      string,
      'true' | 'cancelled' | 'expired',
      (one: Awaited<ReturnType<typeof comingBack>>) => Promise<unknown>,
    ]
  >([
    ['success', 'true', ({ visitor, back }) => visitor.open(back)],
    ['cancel', 'cancelled', async ({ visitor, home }) => visitor.submit(await visitor.open(home), 'cancel')],
    [
      'the merchant’s own end of it',
      'expired',
      ({ session }) => app.call('/data/session/expire', { id: session.id }),
    ],
  ])('after %s changes nothing, and asks the bank nothing', async (_name, outcome, ends) => {
    const one = await comingBack();
    await ends(one);
    const status = await eventually(
      () => statusOf(app, one.session.id),
      (now) => now !== 'pending',
    );
    const asked = watchBank();
    for (const address of [elsewhere(one.back), one.back]) {
      const late = await one.visitor.open(address);
      expect(leavesTo(late)).toContain(outcome === 'true' ? 'success=true' : `reason=${outcome}`);
    }
    expect(asked()).toEqual([]);
    expect(await statusOf(app, one.session.id)).toBe(status);
  });

  test.each([10, -10])('is not taken for dead by one whose clock is %i minutes ahead', async (minutes) => {
    const { session, visitor, back } = await comingBack();
    const asked = watchBank();
    app.bank.control.addFault({ route: 'token', fault: 'slow', delayMs: 600, times: 1 });
    const returning = visitor.open(back);
    await eventually(
      async () =>
        (await app.pool.query(`SELECT stage FROM flow_attempt WHERE session_id = $1`, [session.id])).rows[0],
      ({ stage }) => stage === 'exchanging',
    );
    const clock = new TestClock();
    clock.advance(minutes * 60_000);
    // Its sweeps run at once, of leases among them.
    const skewed = await app.another({ clock });
    await skewed.startWorker();
    expect(leavesTo(await returning)).toContain('success=true');
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
    expect(asked().filter((route) => route === 'token')).toHaveLength(1);
    await skewed.close();
  });

  test('with the state of another session, or in another browser, is quarantined there too', async () => {
    const [mine, theirs] = [await comingBack(), await comingBack()];
    expect((await mine.visitor.open(elsewhere(theirs.back))).page).toBe('release-code');
    expect((await new Visitor().open(elsewhere(mine.back))).page).toBe('release-code');
    for (const { session } of [mine, theirs]) expect(await statusOf(app, session.id)).toBe('started');
  });

  test('of an earlier try, after a later one has succeeded, changes nothing; the earlier consent is ended', async () => {
    const consents = watchConsents(app);
    const { session, visitor, back: earlier, home } = await comingBack();
    const chooser = await visitor.submit(await visitor.open(home), 'other-bank');
    const chosen = await visitor.submit(chooser, 'choose', { bank: 'de-trellis-redirect-bank' });
    const away = await visitor.submit(chosen, 'agree');
    const later = await authoriseAtBank(visitor, leavesTo(away));
    expect(leavesTo(await visitor.open(elsewhere(later)))).toContain('success=true');
    const asked = watchBank();
    for (const late of [earlier, elsewhere(earlier), later])
      expect(leavesTo(await visitor.open(late))).toContain('success=true');
    expect(asked()).not.toContain('token');
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
    await eventually(consents, ([first]) => first === 'terminatedByTpp');
    const { rows } = await app.pool.query('SELECT bank_id FROM bank_consent WHERE session_id = $1', [
      session.id,
    ]);
    expect(rows).toEqual([{ bank_id: 'de-trellis-redirect-bank' }]);
  });
});

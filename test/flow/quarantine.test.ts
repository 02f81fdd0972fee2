import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  formOf,
  goToBank,
  leavesTo,
  type Seen,
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

/** A user whose bank has opened another browser for the way back; nothing is released yet. */
async function quarantined() {
  const consents = watchConsents(app);
  const session = await createSession(app);
  const [holder, other] = [new Visitor(), new Visitor()];
  const away = await goToBank(holder, session.redirectUrl);
  const back = await authoriseAtBank(other, leavesTo(away));
  app.bank.control.clearRequests();
  const arrived = await other.open(back);
  const home = `${app.url}/flow/shop/${session.id}`;
  return { session, holder, other, back, arrived, home, consents };
}

function codeOn(release: Seen): string {
  return (
    /<p class="code">[\s\S]*?aria-hidden="true">([\d\s\u00a0]+)</.exec(release.html)?.[1] ?? ''
  ).replace(/\D/g, '');
}

test('it is exchanged at once; nothing is fetched, and nobody is sent anywhere', async () => {
  const { session, arrived, other, home, consents } = await quarantined();
  expect(arrived.page).toBe('release-code');
  const routes = app.bank.control.requests().map(({ route }) => route);
  expect(routes).toContain('token');
  expect(routes).not.toContain('accounts');
  expect(await consents()).toEqual(['valid']);
  expect(await statusOf(app, session.id)).toBe('started');
  expect((await other.open(`${home}/leave`)).page).toBe('release-code');
  expect(arrived.html).toContain(en.release.warning);
});

test('the code, typed in the browser that came back, lets the first one go on', async () => {
  const { session, holder, other, arrived, home } = await quarantined();
  const release = await holder.open(home);
  const code = codeOn(release);
  expect(code).toMatch(/^\d{6}$/);
  expect((await holder.open(`${home}/leave`)).page).toBe('release');
  const done = await other.submit(arrived, 'code', { code: `${code.slice(0, 3)} ${code.slice(3)}` });
  expect(done.page).toBe('returned-released');
  expect(done.html).not.toContain('shop.example');
  expect(leavesTo(await holder.open(`${home}/leave`))).toContain('success=true');
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  expect((await other.open(home)).page).toBe('returned-released');
  expect((await other.open(`${home}/leave`)).page).toBe('returned-released');
  expect((await holder.open(home)).page).toBe('ended');
});

describe('an attacker who holds the session and sent the bank’s link to his victim', () => {
  const everyAction = [
    'continue',
    'release',
    'code',
    'not-me',
    'take-over',
    'back',
    'choose',
    'leave',
    'start',
  ];

  test('releases nothing by any answer of his own browser, though he has the code and the link', async () => {
    const { session, holder, other, home, consents } = await quarantined();
    const release = await holder.open(home);
    const code = codeOn(release);
    for (const place of [home, `${app.url}/flow/start`]) {
      for (const action of everyAction) {
        const query = new URL(session.redirectUrl).search;
        const address = place === home ? `${home}/${action}` : `${place}/${action}${query}`;
        const forged = {
          ...release,
          html: release.html.replace(/action="[^"]*\/cancel"/, `action="${address}"`),
        };
        const seen = await holder.submit(forged, action, { code, bank: testBank });
        expect([action, seen.page]).toEqual([action, 'release']);
      }
    }
    expect(await consents()).toEqual(['valid']);
    expect(await statusOf(app, session.id)).toBe('started');
    expect(app.bank.control.requests().map(({ route }) => route)).not.toContain('accounts');
    expect((await other.open(home)).page).toBe('release-code');
  });

  test('releases nothing from a second browser that has the link, the code, and the victim’s page', async () => {
    const { session, holder, arrived, home } = await quarantined();
    const code = codeOn(await holder.open(home));
    const second = new Visitor();
    const linked = await second.open(session.redirectUrl);
    expect(linked.page).toBe('moved');
    expect((await second.submit(arrived, 'code', { code })).status).toBe(403);
    const { hidden } = formOf(await second.open((await createSession(app)).redirectUrl), 'choose');
    expect((await second.submit(arrived, 'code', { ...hidden, code })).status).toBe(403);
    expect(await statusOf(app, session.id)).toBe('started');
  });

  test('cannot type the code from another site into the victim’s browser', async () => {
    const { session, holder, other, arrived, home } = await quarantined();
    const code = codeOn(await holder.open(home));
    expect((await other.submitOnce(arrived, 'code', { code, csrf: '' })).status).toBe(403);
    const cross = { 'sec-fetch-site': 'cross-site' };
    expect((await other.submitOnce(arrived, 'code', { code }, cross)).status).toBe(403);
    expect((await other.submitOnce(arrived, 'not-me', { csrf: '' })).status).toBe(403);
    expect(await statusOf(app, session.id)).toBe('started');
  });

  test('gets nothing once the victim says that it was not him, and the bank is told at once', async () => {
    const { session, holder, other, arrived, home, consents } = await quarantined();
    const code = codeOn(await holder.open(home));
    const ended = await other.submit(arrived, 'not-me');
    expect(ended.page).toBe('returned-ended');
    expect(ended.html).not.toContain('shop.example');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
    expect((await other.submit(arrived, 'code', { code })).page).toBe('returned-ended');
    expect((await other.submit(arrived, 'not-me')).page).toBe('returned-ended');
    expect(leavesTo(await holder.open(`${home}/leave`))).toContain('success=false&reason=cancelled');
  });
});

test('that it was not me is written down together with the job that tells the bank', async () => {
  const { session, other, arrived } = await quarantined();
  await other.submit(arrived, 'not-me');
  const { rows } = await app.pool.query(
    `SELECT stage, sealed_grant IS NULL OR EXISTS (
       SELECT FROM graphile_worker._private_jobs WHERE payload->>'attemptId' = flow_attempt.id::text
     ) AS told_or_queued FROM flow_attempt WHERE session_id = $1`,
    [session.id],
  );
  expect(rows).toEqual([{ stage: 'superseded', told_or_queued: true }]);
});

test('the holder goes to the bank again instead: what came back elsewhere is ended', async () => {
  const { session, holder, other, arrived, home, consents } = await quarantined();
  const release = await holder.open(home);
  const code = codeOn(release);
  const away = await holder.submit(release, 'agree');
  expect(away.page).toBe('hand-over');
  expect((await other.submit(arrived, 'code', { code })).page).toBe('returned-ended');
  await eventually(consents, ([first]) => first === 'terminatedByTpp');
  expect(await statusOf(app, session.id)).toBe('started');
  const left = await holder.open(await authoriseAtBank(holder, leavesTo(away)));
  expect(leavesTo(left)).toContain('success=true');
  expect((await other.open(home)).page).toBe('returned-ended');
});

test('no other page and no other browser learns the code', async () => {
  const { session, holder, other, back, arrived, home } = await quarantined();
  const code = codeOn(await holder.open(home));
  for (const seen of [
    arrived,
    await other.open(home),
    await new Visitor().open(back),
    await new Visitor().open(session.redirectUrl),
  ]) {
    expect(seen.html).not.toContain(code);
    expect(seen.html).not.toContain(`${code.slice(0, 3)}\u00a0${code.slice(3)}`);
  }
});

test('a third browser with the same return is told nothing and can do nothing', async () => {
  const { session, holder, other, arrived, back, home } = await quarantined();
  const code = codeOn(await holder.open(home));
  const third = new Visitor();
  expect((await third.open(back)).status).toBe(404);
  expect((await third.open(home)).status).toBe(404);
  await third.open((await createSession(app)).redirectUrl);
  expect((await third.submit(arrived, 'code', { code })).status).toBe(403);
  expect((await third.submit(arrived, 'not-me')).status).toBe(403);
  expect(await statusOf(app, session.id)).toBe('started');
  expect((await other.open(home)).page).toBe('release-code');
});

test('the same return a second time, in either browser, changes nothing', async () => {
  const { session, holder, other, back, home, consents } = await quarantined();
  const code = codeOn(await holder.open(home));
  expect((await other.open(back)).page).toBe('release-code');
  expect((await holder.open(back)).page).toBe('release');
  expect(codeOn(await holder.open(home))).toBe(code);
  expect(app.bank.control.requests().filter(({ route }) => route === 'token')).toHaveLength(1);
  expect(await consents()).toEqual(['valid']);
  expect(await statusOf(app, session.id)).toBe('started');
});

test('of two returns at once in two browsers, the second learns nothing and releases nothing', async () => {
  const session = await createSession(app);
  const [holder, one, two] = [new Visitor(), new Visitor(), new Visitor()];
  const away = await goToBank(holder, session.redirectUrl);
  const back = await authoriseAtBank(one, leavesTo(away));
  const seen = await Promise.all([one.open(back), two.open(back)]);
  expect(seen.map(({ page }) => page).sort()).toEqual(['release-code', 'unknown-link']);
  expect(await statusOf(app, session.id)).toBe('started');
});

test('a used code is of no use', async () => {
  const { session, holder, other, arrived, home, consents } = await quarantined();
  const code = codeOn(await holder.open(home));
  const both = await Promise.all([
    other.submit(arrived, 'code', { code }),
    other.submit(arrived, 'code', { code }),
  ]);
  for (const seen of [
    ...both,
    await other.submit(arrived, 'code', { code }),
    await other.submit(arrived, 'not-me'),
  ])
    expect(seen.page).toBe('returned-released');
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  expect(await consents()).toHaveLength(1);
});

test('pressing anything but code or “not me” in the other browser does nothing', async () => {
  const { session, other, arrived } = await quarantined();
  for (const action of ['continue', 'cancel', 'agree', 'take-over', 'back', 'choose']) {
    const forged = { ...arrived, html: arrived.html.replaceAll('/code"', `/${action}"`) };
    expect((await other.submit(forged, action)).page).toBe('release-code');
  }
  expect(await statusOf(app, session.id)).toBe('started');
});

test('wrong codes are counted; after five the consent is ended, and both pages say so', async () => {
  const { session, holder, other, arrived, home, consents } = await quarantined();
  const code = codeOn(await holder.open(home));
  const wrong = code === '111111' ? '222222' : '111111';
  for (const nothing of ['', '12345', '1234567', 'abcdef', '１２３４５６']) {
    const seen = await other.submit(arrived, 'code', { code: nothing });
    expect([seen.status, seen.page]).toEqual([422, 'release-code']);
  }
  for (const left of [4, 3, 2, 1]) {
    expect((await other.submit(arrived, 'code', { code: wrong })).html).toContain(en.release.triesLeft(left));
  }
  expect((await other.submit(arrived, 'code', { code: wrong })).page).toBe('returned-wrong-codes');
  expect((await other.submit(arrived, 'code', { code })).page).toBe('returned-wrong-codes');
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  expect(await statusOf(app, session.id)).toBe('started');
  const failed = await holder.open(`${home}/leave`);
  expect(failed.html).toContain(en.failed['wrong-codes'].title(displayName('')));
  expect(codeOn(failed)).toBe('');
  const left = await holder.open(
    await authoriseAtBank(holder, leavesTo(await holder.submit(failed, 'agree'))),
  );
  expect(leavesTo(left)).toContain('success=true');
});

test('guesses sent all at once are counted one by one', async () => {
  const { holder, other, arrived, home, session } = await quarantined();
  const code = codeOn(await holder.open(home));
  const guesses = Array.from({ length: 12 }, (_, index) => `99990${index % 10}`).filter(
    (guess) => guess !== code,
  );
  await Promise.all(guesses.map((guess) => other.submit(arrived, 'code', { code: guess })));
  expect((await other.submit(arrived, 'code', { code })).page).toBe('returned-wrong-codes');
  expect(await statusOf(app, session.id)).toBe('started');
});

test('the holder who did not log in cancels, and the consent is revoked', async () => {
  const { session, holder, other, home, consents } = await quarantined();
  expect(leavesTo(await holder.submit(await holder.open(home), 'cancel'))).toContain('reason=cancelled');
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  expect(await statusOf(app, session.id)).toBe('failed cancelled');
  expect((await other.open(home)).page).toBe('returned-ended');
});

test('a refusal that comes back in another browser is told to the holder', async () => {
  const session = await createSession(app);
  const [holder, other] = [new Visitor(), new Visitor()];
  const away = await goToBank(holder, session.redirectUrl);
  const back = await authoriseAtBank(other, leavesTo(away), { decision: 'decline' });
  expect((await other.open(back)).page).toBe('returned-elsewhere');
  expect((await holder.open(`${app.url}/flow/shop/${session.id}`)).page).toBe('failed');
});

test('nobody releases it for ten minutes: it is revoked, and the holder may try again', async () => {
  const { session, holder, other, arrived, home, consents } = await quarantined();
  const release = await holder.open(home);
  await app.advance(9 * 60_000 + 50_000);
  expect((await holder.open(home)).page).toBe('release');
  await app.advance(11_000);
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  const failed = await holder.open(`${home}/leave`);
  expect(failed.page).toBe('failed');
  const late = await other.submit(arrived, 'code', { code: codeOn(release) });
  expect(late.page).toBe('returned-too-late');
  expect(await statusOf(app, session.id)).toBe('started');
  const away = await holder.submit(failed, 'agree');
  const left = await holder.open(await authoriseAtBank(holder, leavesTo(away)));
  expect(leavesTo(left)).toContain('success=true');
});

test('a code that comes after ten minutes, before the sweep, is too late as well', async () => {
  const { session, holder, other, arrived, home, consents } = await quarantined();
  const code = codeOn(await holder.open(home));
  app.clock.advance(10 * 60_000 + 1);
  expect((await other.submit(arrived, 'code', { code })).page).toBe('returned-too-late');
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  expect(await statusOf(app, session.id)).toBe('started');
});

test('it is sealed while it waits, and nothing is left of it afterwards', async () => {
  const { session, holder, other, arrived, home } = await quarantined();
  const code = codeOn(await holder.open(home));
  const read = async () =>
    (await app.pool.query('SELECT * FROM flow_attempt WHERE session_id = $1', [session.id])).rows[0];
  const waiting = await read();
  expect(waiting.sealed_grant).toBeInstanceOf(Buffer);
  expect(JSON.stringify(waiting)).not.toContain(code);
  expect(waiting.sealed_grant.includes('accessToken')).toBe(false);
  await other.submit(arrived, 'code', { code });
  expect(await read()).toMatchObject({
    stage: 'granted',
    sealed_grant: null,
    sealed_attempt: null,
    sealed_url: null,
  });
});

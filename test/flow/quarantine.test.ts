import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  type Seen,
  statusOf,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
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
  expect(arrived.html).not.toContain('/continue');
});

test('the holder sees it and releases it by one click', async () => {
  const { session, holder, other, home } = await quarantined();
  const release = await holder.open(home);
  expect(release.page).toBe('release');
  expect(codeOn(release)).toMatch(/^\d{6}$/);
  expect(leavesTo(await holder.submit(release, 'continue'))).toContain('success=true');
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  expect((await other.open(home)).page).toBe('ended');
  expect((await holder.submit(release, 'continue')).page).toBe('hand-over');
});

test('the code, typed in the other browser, releases it there', async () => {
  const { session, holder, other, arrived, home } = await quarantined();
  const code = codeOn(await holder.open(home));
  const left = await other.submit(arrived, 'code', { code: `${code.slice(0, 3)} ${code.slice(3)}` });
  expect(leavesTo(left)).toContain('success=true');
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  expect((await holder.open(home)).page).toBe('ended');
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
  const { session, arrived, back, home } = await quarantined();
  const third = new Visitor();
  expect((await third.open(back)).status).toBe(404);
  expect((await third.open(home)).status).toBe(404);
  await third.open((await createSession(app)).redirectUrl);
  expect((await third.submit(arrived, 'code', { code: '000000' })).status).toBe(403);
  expect(await statusOf(app, session.id)).toBe('started');
});

test('pressing the holder’s button in the other browser releases nothing', async () => {
  const { session, other, arrived } = await quarantined();
  for (const action of ['continue', 'cancel', 'agree', 'take-over', 'back', 'choose']) {
    const forged = { ...arrived, html: arrived.html.replaceAll('/code"', `/${action}"`) };
    expect((await other.submit(forged, action)).page).toBe('release-code');
  }
  expect(await statusOf(app, session.id)).toBe('started');
});

test('wrong codes are counted, and after five only the holder can release', async () => {
  const { session, holder, other, arrived, home } = await quarantined();
  const code = codeOn(await holder.open(home));
  const wrong = code === '111111' ? '222222' : '111111';
  for (const nothing of ['', '12345', '1234567', 'abcdef', '１２３４５６']) {
    const seen = await other.submit(arrived, 'code', { code: nothing });
    expect([seen.status, seen.page]).toEqual([422, 'release-code']);
  }
  for (const left of [4, 3, 2, 1]) {
    expect((await other.submit(arrived, 'code', { code: wrong })).html).toContain(en.release.triesLeft(left));
  }
  const usedUp = await other.submit(arrived, 'code', { code: wrong });
  expect(usedUp.html).toContain(en.release.codeUsedUp);
  expect(usedUp.html).not.toContain('/code"');
  expect((await other.submit(arrived, 'code', { code })).page).toBe('release-code');
  expect(await statusOf(app, session.id)).toBe('started');
  expect(leavesTo(await holder.submit(await holder.open(home), 'continue'))).toContain('success=true');
});

test('guesses sent all at once are counted one by one', async () => {
  const { holder, other, arrived, home, session } = await quarantined();
  const code = codeOn(await holder.open(home));
  const guesses = Array.from({ length: 12 }, (_, index) => `99990${index % 10}`).filter(
    (guess) => guess !== code,
  );
  await Promise.all(guesses.map((guess) => other.submit(arrived, 'code', { code: guess })));
  expect((await other.submit(arrived, 'code', { code })).html).toContain(en.release.codeUsedUp);
  expect(await statusOf(app, session.id)).toBe('started');
});

test('the holder who did not log in cancels, and the consent is revoked', async () => {
  const { session, holder, other, home, consents } = await quarantined();
  expect(leavesTo(await holder.submit(await holder.open(home), 'cancel'))).toContain('reason=cancelled');
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  expect(await statusOf(app, session.id)).toBe('failed cancelled');
  expect((await other.open(home)).page).toBe('ended');
});

test('a refusal that comes back in another browser is told to the holder', async () => {
  const session = await createSession(app);
  const [holder, other] = [new Visitor(), new Visitor()];
  const away = await goToBank(holder, session.redirectUrl);
  const back = await authoriseAtBank(other, leavesTo(away), { decision: 'decline' });
  expect((await other.open(back)).page).toBe('moved');
  expect((await holder.open(`${app.url}/flow/shop/${session.id}`)).page).toBe('failed');
});

test('nobody releases it for ten minutes: it is revoked, and the holder may try again', async () => {
  const { session, holder, other, arrived, home, consents } = await quarantined();
  const release = await holder.open(home);
  await app.advance(9 * 60_000 + 50_000);
  expect((await holder.open(home)).page).toBe('release');
  await app.advance(11_000);
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  const failed = await holder.submit(release, 'continue');
  expect(failed.page).toBe('failed');
  expect((await other.submit(arrived, 'code', { code: codeOn(release) })).page).toBe('moved');
  expect(await statusOf(app, session.id)).toBe('started');
  const away = await holder.submit(failed, 'agree');
  const left = await holder.open(await authoriseAtBank(holder, leavesTo(away)));
  expect(leavesTo(left)).toContain('success=true');
});

test('it is sealed while it waits, and nothing is left of it afterwards', async () => {
  const { session, holder, home } = await quarantined();
  const code = codeOn(await holder.open(home));
  const read = async () =>
    (await app.pool.query('SELECT * FROM flow_attempt WHERE session_id = $1', [session.id])).rows[0];
  const waiting = await read();
  expect(waiting.sealed_grant).toBeInstanceOf(Buffer);
  expect(JSON.stringify(waiting)).not.toContain(code);
  expect(waiting.sealed_grant.includes('accessToken')).toBe(false);
  await holder.submit(await holder.open(home), 'continue');
  expect(await read()).toMatchObject({
    stage: 'granted',
    sealed_grant: null,
    sealed_attempt: null,
    sealed_url: null,
  });
});

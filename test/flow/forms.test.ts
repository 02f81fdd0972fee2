import { describe, expect, test } from 'vitest';
import { BankFailure } from '../../src/banking/failure.ts';
import type { Step } from '../../src/banking/step.ts';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { eventually, leavesTo, type Seen, statusOf, Visitor } from '../support/visitor.ts';
import {
  appStep,
  authorised,
  credentials,
  details,
  fields,
  formStep,
  methods,
  scriptedLine,
  secondFactor,
} from './scripted-line.ts';

const line = scriptedLine();
const bank = displayName('Scripted Bank');
const redirect: Step = { kind: 'redirect', url: 'https://bank.example/login', attempt: { at: 'page' } };

function problemOn(seen: Seen): string | undefined {
  return /class="problem">.*?<\/svg>([^<]*)</.exec(seen.html)?.[1];
}

describe('whatever the bank asks, one thing after the other', () => {
  test('who he is, his login, his method, his code', async () => {
    const told = line.bankAnswers(details, credentials, methods, secondFactor, authorised);
    const { session, visitor, go } = await line.start({ 'x-forwarded-for': '203.0.113.9' });
    const pages: (string | undefined)[] = [];
    let seen = await go();
    for (const typed of [
      { 'field-0': ' ada ' },
      { 'field-0': 'ada', 'field-1': ' pass word ' },
      { 'field-0': '1' },
      { 'field-0': '123 456' },
    ]) {
      pages.push(seen.page);
      expect(new URL(seen.url).search).toBe('');
      seen = await visitor.submit(seen, 'answer', typed);
    }
    expect(pages).toEqual(
      ['bank-details', 'credentials', 'choose-method', 'second-factor'].map((p) => `form-${p}`),
    );
    expect(told.resume).toMatchObject([
      { kind: 'form', values: { psuId: 'ada' }, psu: { ipAddress: '203.0.113.9' } },
      { kind: 'form', values: { psuId: 'ada', password: ' pass word ' } },
      { kind: 'form', values: { method: 'photo' } },
      { kind: 'form', values: { otp: '123456' } },
    ]);
    expect(leavesTo(seen)).toContain('success=true');
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('a form, then the bank’s own page', async () => {
    const told = line.bankAnswers(details, redirect, authorised);
    const { session, visitor, go } = await line.start();
    const away = await visitor.submit(await go(), 'answer', { 'field-0': 'ada' });
    expect(leavesTo(away)).toBe('https://bank.example/login');
    const back = `${told.begin[0]?.callbackUrl}?state=${told.begin[0]?.state}&code=x`;
    expect(leavesTo(await visitor.open(back))).toContain('success=true');
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('the bank’s own page, then a form, then its own page once more', async () => {
    const told = line.bankAnswers(redirect, secondFactor, redirect, authorised);
    const { visitor, go } = await line.start();
    await go();
    const asked = await visitor.open(`${told.begin[0]?.callbackUrl}?state=${told.begin[0]?.state}&code=x`);
    expect(asked.page).toBe('form-second-factor');
    expect(leavesTo(await visitor.submit(asked, 'answer', { 'field-0': '1' }))).toContain('bank.example');
    const [first] = told.resume;
    const state = first?.kind === 'callback' ? first.nextState : '';
    expect(leavesTo(await visitor.open(`${told.begin[0]?.callbackUrl}?state=${state}`))).toContain(
      'success=true',
    );
  });

  test('a form, then the app', async () => {
    line.bankAnswers(details, appStep(line.app), authorised);
    const { session, visitor, go, home } = await line.start();
    expect((await visitor.submit(await go(), 'answer', { 'field-0': 'ada' })).page).toBe('approve');
    await line.app.advance(2_000);
    expect(leavesTo(await visitor.open(`${home}/leave`))).toContain('success=true');
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });
});

describe('what the bank does not take', () => {
  test('is asked for again, with the tries left; what is no secret need not be typed again', async () => {
    const again = formStep('credentials', [{ ...fields.userName, value: 'ada' }, fields.password], {
      rejected: { field: 'password', triesLeft: 2 },
    });
    line.bankAnswers(credentials, again, authorised);
    const { visitor, go } = await line.start();
    const seen = await visitor.submit(await go(), 'answer', { 'field-0': 'ada', 'field-1': 'canary-wrong' });
    expect([seen.status, seen.page]).toEqual([200, 'form-credentials']);
    expect(problemOn(seen)).toBe(`${en.form.rejected.credentials(bank)} 2 tries left.`);
    expect(seen.html).toContain('value="ada"');
    expect(seen.html).not.toContain('canary-wrong');
    expect(seen.html).toMatch(
      /<input[^>]*id="field-1"[^>]*aria-describedby="field-1-problem"[^>]*aria-invalid="true"/,
    );
    const right = await visitor.submit(seen, 'answer', { 'field-0': 'ada', 'field-1': 'right' });
    expect(leavesTo(right)).toContain('success=true');
  });

  test('of a field that is not in the form is told beside the first', async () => {
    line.bankAnswers(secondFactor, { ...secondFactor, rejected: { field: '__proto__' } });
    const { visitor, go } = await line.start();
    const seen = await visitor.submit(await go(), 'answer', { 'field-0': '1' });
    expect(problemOn(seen)).toBe(en.form.rejected['second-factor'](bank));
  });

  test.each([
    ['denied', 'not-let-in', 'failed bank_denied'],
    ['cancelled', 'cancelled-at-bank', 'failed cancelled'],
    ['expired', 'timed-out', 'failed cancelled'],
  ] as const)('for good: %s', async (reason, words, status) => {
    line.bankAnswers(secondFactor, { kind: 'refused', reason });
    const { session, visitor, go } = await line.start();
    const failed = await visitor.submit(await go(), 'answer', { 'field-0': '1' });
    expect(failed.html).toContain(en.failed[words].title(bank));
    expect(failed.html).toContain('/agree');
    await visitor.submit(failed, 'back');
    expect(await statusOf(line.app, session.id)).toBe(status);
  });

  test('because it is down: the try has failed, and what it left there is ended', async () => {
    const told = line.bankAnswers(credentials, () => Promise.reject(new BankFailure('retry-later', 'away')));
    const { session, visitor, go } = await line.start();
    const failed = await visitor.submit(await go(), 'answer', { 'field-0': 'ada', 'field-1': 'x' });
    expect(failed.html).toContain(en.failed['bank-down'].title(bank));
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'credentials' }]);
  });
});

describe('what cannot be right does not go to the bank', () => {
  const every = formStep('credentials', [
    fields.userName,
    fields.company,
    fields.password,
    fields.method,
    fields.code,
  ]);
  const right = { 'field-0': 'ada', 'field-2': 'p', 'field-3': '0', 'field-4': '1' };

  test.each([
    ['nothing', { 'field-0': '  ' }, en.form.faults.empty(20), 'field-0'],
    ['too much', { 'field-0': 'a'.repeat(21) }, en.form.faults['too-long'](20), 'field-0'],
    [
      'too much of what may be left out',
      { 'field-1': 'a'.repeat(21) },
      en.form.faults['too-long'](20),
      'field-1',
    ],
    ['no password', { 'field-2': '' }, en.form.faults.empty(20), 'field-2'],
    ['a line break', { 'field-2': 'canary\r\nX: y' }, en.form.faults['not-text'](20), 'field-2'],
    ['a way that is not offered', { 'field-3': '2' }, en.form.faults['not-chosen'](20), 'field-3'],
    ['letters for digits', { 'field-4': '12a' }, en.form.faults['not-digits'](6), 'field-4'],
  ])('%s', async (_name, wrong, words, field) => {
    const told = line.bankAnswers(every);
    const { visitor, go } = await line.start();
    const seen = await visitor.submit(await go(), 'answer', { ...right, 'field-2': 'canary-pass', ...wrong });
    expect([seen.status, seen.page]).toEqual([422, 'form-credentials']);
    expect(problemOn(seen)).toBe(words);
    expect(seen.html).toContain(`id="${field}-problem"`);
    if (field !== 'field-0') expect(seen.html).toContain('value="ada"');
    if (field !== 'field-3') expect(seen.html).toMatch(/value="0" checked/);
    expect(seen.html).not.toContain('canary');
    expect(told.resume).toEqual([]);
  });

  test('what may be left out is', async () => {
    const told = line.bankAnswers(every, authorised);
    const { visitor, go } = await line.start();
    expect(leavesTo(await visitor.submit(await go(), 'answer', right))).toContain('success=true');
    expect(told.resume[0]).toMatchObject({ values: { psuId: 'ada', corporateId: '', otp: '1' } });
  });
});

describe('an answer goes to the bank once', () => {
  test('while it is there, whoever looks or presses again is shown that it is', async () => {
    const held = Promise.withResolvers<Step>();
    const told = line.bankAnswers(secondFactor, () => held.promise);
    const { session, visitor, go, home } = await line.start();
    const asked = await go();
    const first = visitor.submit(asked, 'answer', { 'field-0': '1' });
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    for (const seen of [
      await visitor.submit(asked, 'answer', { 'field-0': '1' }),
      await visitor.open(home),
      await visitor.open(`${home}/leave`),
    ])
      expect(seen.page).toBe('waiting-contacting-bank');
    held.resolve(authorised);
    expect(leavesTo(await first)).toContain('success=true');
    expect(told.resume).toHaveLength(1);
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('an answer to what was asked before, from another tab, is none to what is asked now', async () => {
    const told = line.bankAnswers(secondFactor, {
      ...secondFactor,
      rejected: { field: 'otp', triesLeft: 1 },
    });
    const { visitor, go } = await line.start();
    const asked = await go();
    await visitor.submit(asked, 'answer', { 'field-0': '1' });
    const again = await visitor.submit(asked, 'answer', { 'field-0': '1' });
    expect([again.status, problemOn(again)?.includes('One try left')]).toEqual([200, true]);
    expect(told.resume).toHaveLength(1);
  });

  test('agreeing again in another tab leads to what is asked', async () => {
    const told = line.bankAnswers(credentials);
    const { visitor, link } = await line.start();
    const consent = await visitor.submit(await visitor.open(link), 'choose', { bank: 'de-scripted' });
    await visitor.submit(consent, 'agree');
    expect((await visitor.submit(consent, 'agree')).page).toBe('form-credentials');
    expect(told.begin).toHaveLength(1);
  });

  test('starting again ends the one before, once however often it is pressed', async () => {
    const told = line.bankAnswers(secondFactor, secondFactor, authorised);
    const { session, visitor, go } = await line.start();
    const asked = await go();
    for (let count = 0; count < 2; count += 1)
      expect((await visitor.submit(asked, 'again')).page).toBe('form-second-factor');
    expect(told.begin).toHaveLength(2);
    expect((await line.attemptOf(session.id)).stage).toBe('superseded');
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'second-factor' }]);
  });
});

describe('nobody is waited for without end', () => {
  test('a form that is filled in too late is not sent, and the way on is shown', async () => {
    const expiresAt = new Date(line.app.clock.now().getTime() + 120_000);
    const told = line.bankAnswers({ ...secondFactor, expiresAt });
    const { visitor, go } = await line.start();
    const asked = await go();
    await line.app.advance(120_000);
    const failed = await visitor.submit(asked, 'answer', { 'field-0': '1' });
    expect(failed.html).toContain(en.failed['timed-out'].title(bank));
    expect(told.resume).toEqual([]);
  });

  test('a form that nobody fills in is ended, here and at the bank', async () => {
    const expiresAt = new Date(line.app.clock.now().getTime() + 120_000);
    const told = line.bankAnswers({ ...secondFactor, expiresAt });
    const { session, visitor, go, home } = await line.start();
    await go();
    await line.app.advance(120_000);
    await line.sweep(session.id);
    expect((await visitor.open(home)).page).toBe('failed');
    expect(told.abandoned).toEqual([{ at: 'second-factor' }]);
  });

  test('a form of a session that is over asks nothing more', async () => {
    const told = line.bankAnswers(credentials);
    const { session, visitor, go } = await line.start();
    const asked = await go();
    await line.app.advance(2 * 3_600_000);
    const seen = await visitor.submit(asked, 'answer', { 'field-0': 'ada', 'field-1': 'p' });
    expect(seen.page).toBe('ended');
    expect(told.resume).toEqual([]);
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'credentials' }]);
  });

  test('a call that died ends in another try after a minute; what it brings later is ended at the bank', async () => {
    const held = Promise.withResolvers<Step>();
    const told = line.bankAnswers(secondFactor, () => held.promise);
    const { session, visitor, go, home } = await line.start();
    const late = visitor.submit(await go(), 'answer', { 'field-0': '1' });
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    await line.app.pool.query(
      "UPDATE flow_attempt SET leased_until = now() - interval '1 ms' WHERE stage = 'answering'",
    );
    await line.sweep(session.id);
    const failed = await visitor.open(home);
    expect(failed.html).toContain(en.failed.interrupted.title(bank));
    held.resolve(authorised);
    expect((await late).page).toBe('failed');
    await line.sweep(session.id);
    expect(told.revoked).toMatchObject([{ bankConsentId: 'canary-consent' }]);
    expect(await statusOf(line.app, session.id)).toBe('started');
  });

  test('who cancels while the bank is asked is through; what it answers is ended there', async () => {
    const held = Promise.withResolvers<Step>();
    const told = line.bankAnswers(secondFactor, () => held.promise);
    const { session, visitor, go } = await line.start();
    const asked = await go();
    const late = visitor.submit(asked, 'answer', { 'field-0': '1' });
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    expect(leavesTo(await visitor.submit(asked, 'cancel'))).toContain('success=false');
    held.resolve(authorised);
    await late;
    await line.sweep(session.id);
    expect(told.revoked).toHaveLength(1);
    expect(await statusOf(line.app, session.id)).toBe('failed cancelled');
  });

  test('another bank may be chosen instead', async () => {
    line.bankAnswers(credentials);
    const { session, visitor, go } = await line.start();
    expect((await visitor.submit(await go(), 'other-bank')).page).toBe('choose-bank');
    expect((await line.attemptOf(session.id)).stage).toBe('superseded');
  });
});

describe('only the browser that holds the session', () => {
  test('is asked; others are told that it continues elsewhere, and answer nothing', async () => {
    const told = line.bankAnswers(credentials);
    const { visitor, go, link, home } = await line.start();
    const asked = await go();
    const other = new Visitor();
    const moved = await other.open(link);
    expect(moved.page).toBe('moved');
    expect((await new Visitor().open(home)).status).toBe(404);
    // Its own token, and the form of the holder's page.
    const csrf = /name="csrf" value="([^"]*)"/.exec(asked.html)?.[1] ?? '';
    const stolen = await other.submitOnce(asked, 'answer', { csrf, 'field-0': 'eve', 'field-1': 'x' });
    expect(stolen.status).toBe(403);
    const foreign = await visitor.submitOnce(
      asked,
      'answer',
      { 'field-0': 'a', 'field-1': 'x' },
      { 'sec-fetch-site': 'cross-site' },
    );
    expect(foreign.status).toBe(403);
    expect(told.resume).toEqual([]);
  });

  test('a login that came back elsewhere is not carried on with a form', async () => {
    const told = line.bankAnswers(redirect, secondFactor);
    const { session, visitor, go, home } = await line.start();
    await go();
    const other = new Visitor();
    const back = `${told.begin[0]?.callbackUrl}?state=${told.begin[0]?.state}&code=x`;
    expect((await other.open(back)).page).toBe('returned-elsewhere');
    expect((await visitor.open(home)).html).toContain(en.failed.interrupted.title(bank));
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'second-factor' }]);
  });
});

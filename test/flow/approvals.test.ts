import { describe, expect, test } from 'vitest';
import { BankFailure, type BankFailureKind } from '../../src/banking/failure.ts';
import type { Step } from '../../src/banking/step.ts';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import type { FailureReason } from '../../src/flow/views/texts/texts.ts';
import { eventually, leavesTo, type Seen, statusOf, Visitor } from '../support/visitor.ts';
import { appStep, authorised, consent, scriptedLine, secondFactor } from './scripted-line.ts';

const line = scriptedLine();
const bank = displayName('Scripted Bank');
const minuteMs = 60_000;

/** A bank that waits for its app until it is told otherwise, and notes when it was asked. */
function patientBank(count: number, ...then: Step[]) {
  return line.bankAnswers(...Array.from({ length: count }, () => appStep(line.app)), ...then);
}

function failure(kind: BankFailureKind, retryAfterMs?: number) {
  return () =>
    Promise.reject(new BankFailure(kind, 'away', retryAfterMs === undefined ? {} : { retryAfterMs }));
}

/** Stands for a process that died while it asked. */
async function leaseEnds(): Promise<void> {
  await line.app.pool.query(
    "UPDATE flow_attempt SET leased_until = now() - interval '1 ms' WHERE leased_until IS NOT NULL",
  );
}

describe('while the user is to approve in his app', () => {
  test('he is shown what the bank says and its code, how long it waits, and a page that goes on by itself', async () => {
    line.bankAnswers(appStep(line.app, { message: 'Approve on "Ada’s phone" <b>', code: '482170' }));
    const { go } = await line.start();
    const seen = await go();
    expect(seen.page).toBe('approve');
    expect(seen.html).toContain('Approve on &quot;Ada’s phone&quot; &lt;b>');
    expect(seen.html).toContain('482\u00a0170');
    expect(seen.html).toContain(en.approve.waits({ bank, duration: '5 minutes' }));
    expect(seen.html).toMatch(/<span id="waits" role="status" data-live/);
    expect(seen.html).toMatch(
      /<noscript><meta http-equiv="refresh" content="3;url=\/flow\/shop\/[^"]*\/leave"/,
    );
  });

  test('the bank is asked as rarely as it wants, more and more rarely up to ten seconds, with who looks', async () => {
    const told = patientBank(20);
    const { visitor, go, home } = await line.start({ 'x-forwarded-for': '203.0.113.9' });
    await go();
    const askedAt: number[] = [];
    for (let second = 1; second <= 60; second += 1) {
      await line.app.advance(1_000);
      const before = told.resume.length;
      await visitor.open(home);
      await visitor.open(`${home}/leave`);
      if (told.resume.length > before) askedAt.push(second);
    }
    const pauses = askedAt.map((second, index) => second - (askedAt[index - 1] ?? 0));
    expect(askedAt.length).toBe(told.resume.length);
    expect(pauses[0]).toBe(2);
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(pauses.at(-1)).toBe(10);
    expect(told.resume[0]).toMatchObject({ kind: 'poll', psu: { ipAddress: '203.0.113.9' } });
  });

  test.each([
    ['nonsense', Number.NaN, 1],
    ['at once', 0, 1],
    ['less than nothing', -5, 1],
    ['thirty seconds', 30_000, 30],
    ['a day', 86_400_000, 60],
  ])('a bank that wants to be asked in %s is asked within reason', async (_name, pollAfterMs, seconds) => {
    const told = line.bankAnswers(appStep(line.app, { pollAfterMs }), authorised);
    const { visitor, go, home } = await line.start();
    await go();
    await line.app.advance(seconds * 1_000 - 500);
    await visitor.open(home);
    expect(told.resume).toHaveLength(0);
    await line.app.advance(500);
    await visitor.open(home);
    expect(told.resume).toHaveLength(1);
  });

  test('however many tabs look, one asks, and the others are shown how it stands', async () => {
    const held = Promise.withResolvers<Step>();
    const told = line.bankAnswers(appStep(line.app), () => held.promise);
    const { session, visitor, go, home } = await line.start();
    await go();
    await line.app.advance(2_000);
    const first = Promise.all(Array.from({ length: 6 }, () => visitor.open(`${home}/leave`)));
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    expect((await visitor.open(home)).page).toBe('approve');
    held.resolve(authorised);
    const kinds = (await first).map(({ page }) => page);
    expect(kinds.filter((page) => page === 'hand-over').length).toBeGreaterThanOrEqual(1);
    expect(kinds.filter((page) => page !== 'hand-over' && page !== 'approve')).toEqual([]);
    expect(told.resume).toHaveLength(1);
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('nobody asks while nobody looks; who comes back within the time goes on', async () => {
    const told = patientBank(1, authorised);
    const { visitor, go, home, session } = await line.start();
    await go();
    await line.app.advance(4 * minuteMs);
    await line.sweep(session.id);
    expect(told.resume).toEqual([]);
    expect(leavesTo(await visitor.open(`${home}/leave`))).toContain('success=true');
  });

  test('only the browser that holds the session has the bank asked', async () => {
    const told = patientBank(1, authorised);
    const { go, home, link } = await line.start();
    await go();
    await line.app.advance(minuteMs);
    const other = new Visitor();
    expect((await other.open(link)).page).toBe('moved');
    expect((await new Visitor().open(`${home}/leave`)).status).toBe(404);
    expect(told.resume).toEqual([]);
  });

  test('a code may be wanted next', async () => {
    line.bankAnswers(appStep(line.app), secondFactor, authorised);
    const { visitor, go, home } = await line.start();
    await go();
    await line.app.advance(2_000);
    const asked = await visitor.open(`${home}/leave`);
    expect(asked.page).toBe('form-second-factor');
    expect(leavesTo(await visitor.submit(asked, 'answer', { 'field-0': '1' }))).toContain('success=true');
  });
});

describe('it ends', () => {
  async function waited(then: Step | (() => Promise<Step>), waitMs = 2_000) {
    const told = line.bankAnswers(appStep(line.app), then);
    const started = await line.start();
    await started.go();
    await line.app.advance(waitMs);
    return { ...started, told, seen: await started.visitor.open(`${started.home}/leave`) };
  }

  test.each([
    ['cancelled', 'cancelled-at-bank', 'failed cancelled'],
    ['denied', 'bank-refused', 'failed bank_denied'],
    ['expired', 'timed-out', 'failed cancelled'],
  ] as const)('when the app says no: %s', async (reason, words, status) => {
    const { session, visitor, seen } = await waited({ kind: 'refused', reason });
    expect(seen.page).toBe('failed');
    expect(seen.html).toContain(en.failed[words].title(bank));
    await visitor.submit(seen, 'back');
    expect(await statusOf(line.app, session.id)).toBe(status);
  });

  test('when nobody answers: here and at the bank, and another try may be made', async () => {
    const told = line.bankAnswers(appStep(line.app), appStep(line.app), authorised);
    const { session, visitor, go, home } = await line.start();
    await go();
    await line.app.advance(5 * minuteMs);
    await line.sweep(session.id);
    const failed = await visitor.open(home);
    expect(failed.html).toContain(en.failed['timed-out'].title(bank));
    expect(told.abandoned).toEqual([{ at: 'app' }]);
    expect((await visitor.submit(failed, 'agree')).page).toBe('approve');
  });

  test('not before the last answer is there: a poll that runs over the end may bring the approval', async () => {
    const held = Promise.withResolvers<Step>();
    const told = line.bankAnswers(appStep(line.app), () => held.promise);
    const { session, visitor, go, home } = await line.start();
    await go();
    await line.app.advance(5 * minuteMs - 1_000);
    const last = visitor.open(`${home}/leave`);
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    await line.app.advance(minuteMs);
    await line.sweep(session.id);
    held.resolve(authorised);
    expect(leavesTo(await last)).toContain('success=true');
  });

  test.each<[BankFailureKind, FailureReason]>([
    ['user-must-act', 'interrupted'],
    ['bank-refused', 'bank-refused'],
    ['operator-fault', 'internal'],
    ['our-bug', 'internal'],
  ])('when asking fails for good: %s', async (kind, reason) => {
    const { seen, told, session } = await waited(failure(kind));
    expect(seen.html).toContain(en.failed[reason].title(bank));
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'app' }]);
  });

  test('not when the bank is away for a moment: it is asked again, as late as it wants', async () => {
    const told = line.bankAnswers(
      appStep(line.app, { message: 'In the app, please' }),
      failure('retry-later'),
      failure('retry-later', 30_000),
      authorised,
    );
    const { session, visitor, go, home } = await line.start();
    await go();
    const look = async (afterMs: number): Promise<Seen> => {
      await line.app.advance(afterMs);
      return visitor.open(`${home}/leave`);
    };
    expect((await look(2_000)).html).toContain('In the app, please');
    expect((await look(2_500)).page).toBe('approve');
    expect(told.resume).toHaveLength(1);
    await look(500);
    await look(29_000);
    expect(told.resume).toHaveLength(2);
    expect(leavesTo(await look(1_000))).toContain('success=true');
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('when its user cancels; what the bank answers then is ended there', async () => {
    const held = Promise.withResolvers<Step>();
    const told = line.bankAnswers(appStep(line.app), () => held.promise);
    const { session, visitor, go, home } = await line.start();
    const seen = await go();
    await line.app.advance(2_000);
    const asking = visitor.open(`${home}/leave`);
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    expect(leavesTo(await visitor.submit(seen, 'cancel'))).toContain('success=false');
    held.resolve(authorised);
    await asking;
    await line.sweep(session.id);
    expect([told.abandoned, told.revoked]).toEqual([[], [consent]]);
    expect(await statusOf(line.app, session.id)).toBe('failed cancelled');
  });

  test('when he begins again, once however often he presses', async () => {
    const told = patientBank(2);
    const { session, visitor, go } = await line.start();
    const seen = await go();
    for (let count = 0; count < 2; count += 1)
      expect((await visitor.submit(seen, 'again')).page).toBe('approve');
    expect(told.begin).toHaveLength(2);
    expect(told.begin[0]?.state).not.toBe(told.begin[1]?.state);
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'app' }]);
  });

  test('when he chooses another bank', async () => {
    const told = patientBank(1);
    const { session, visitor, go } = await line.start();
    expect((await visitor.submit(await go(), 'other-bank')).page).toBe('choose-bank');
    await line.sweep(session.id);
    expect(told.abandoned).toEqual([{ at: 'app' }]);
  });

  test('with its session, whatever the bank says', async () => {
    const expiresAt = new Date(line.app.clock.now().getTime() + 86_400_000);
    const told = line.bankAnswers(appStep(line.app, { expiresAt }), authorised);
    const { session, visitor, go, home } = await line.start();
    await go();
    await line.app.advance(2 * 3_600_000);
    expect((await visitor.open(home)).page).toBe('ended');
    await line.sweep(session.id);
    expect([told.resume, told.abandoned]).toEqual([[], [{ at: 'app' }]]);
  });
});

describe('a process that dies while it asks', () => {
  test('costs nothing: after a minute another one asks', async () => {
    const dead = Promise.withResolvers<Step>();
    const told = line.bankAnswers(appStep(line.app), () => dead.promise, authorised);
    const { visitor, go, home } = await line.start();
    await go();
    await line.app.advance(2_000);
    const lost = visitor.open(home);
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    await line.app.advance(minuteMs);
    expect((await visitor.open(home)).page).toBe('approve');
    expect(told.resume).toHaveLength(1);
    await leaseEnds();
    expect(leavesTo(await visitor.open(`${home}/leave`))).toContain('success=true');
    dead.reject(new Error('its process is gone'));
    await lost;
  });

  test('or that was only slow takes nothing back: what the other was given stays', async () => {
    const slow = Promise.withResolvers<Step>();
    const told = line.bankAnswers(appStep(line.app), () => slow.promise, authorised);
    const { session, visitor, go, home } = await line.start();
    await go();
    await line.app.advance(2_000);
    const late = visitor.open(`${home}/leave`);
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    await leaseEnds();
    await visitor.open(`${home}/leave`);
    slow.resolve(authorised);
    expect(leavesTo(await late)).toContain('success=true');
    expect((await line.attemptOf(session.id)).stage).toBe('granted');
    await line.sweep(session.id);
    expect([told.revoked, told.abandoned]).toEqual([[], []]);
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('or that was only slow does not wait on for what the other knows', async () => {
    const slow = Promise.withResolvers<Step>();
    const told = line.bankAnswers(appStep(line.app), () => slow.promise, secondFactor, authorised);
    const { visitor, go, home } = await line.start();
    await go();
    await line.app.advance(2_000);
    const late = visitor.open(home);
    await eventually(
      async () => told.resume.length,
      (count) => count === 1,
    );
    await leaseEnds();
    expect((await visitor.open(home)).page).toBe('form-second-factor');
    slow.resolve(appStep(line.app));
    expect((await late).page).toBe('form-second-factor');
  });
});

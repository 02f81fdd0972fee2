import { timingSafeEqual } from 'node:crypto';
import { present } from '../../core/assert.ts';
import { type Attempt, maxCodeTries, releaseCodeDigits } from '../attempt.ts';
import type { Facts } from '../facts.ts';
import { actionOf, hrefOf } from '../flow-entry.ts';
import { type Answer, away, here, type Step } from '../step.ts';
import { Release } from '../views/release.tsx';
import { type CodeProblem, ReleaseCode } from '../views/release-code.tsx';
import { renderPage } from '../views/render-page.ts';
import { bindBrowser } from '../visit-store.ts';

const askEverySeconds = 3;

export function isQuarantined({ attempt }: Facts): boolean {
  return attempt?.stage === 'quarantined';
}

export function mayEnterCode(facts: Facts): boolean {
  return facts.role === 'returned' && isQuarantined(facts);
}

/** In the browser that holds the session: go on, or read the code that the other browser asks for. */
export const releasePage: Step['page'] = async (facts, { frame, csrf, place, sealed }) => {
  const { grant } = await sealed();
  return renderPage(Release, {
    frame,
    csrf,
    continueAction: actionOf(place, 'continue'),
    cancelAction: actionOf(place, 'cancel'),
    bankName: facts.bank?.name ?? '',
    code: present(grant?.releaseCode, 'the code of a quarantined consent'),
    now: facts.now,
    expiresAt: deadlineOf(facts),
    againUrl: hrefOf(place),
    askEverySeconds,
  });
};

/** In the browser that came back: says nothing of the login, and releases nothing without the code. */
export const enterCodePage: Step['page'] = (facts, { frame, csrf, place, problem }) =>
  renderPage(ReleaseCode, {
    frame,
    csrf,
    releaseAction: actionOf(place, 'code'),
    now: facts.now,
    expiresAt: deadlineOf(facts),
    problem: problem ?? problemOf(present(facts.attempt, 'the attempt in quarantine')),
  });

function problemOf({ codeTries }: Attempt): CodeProblem | undefined {
  if (codeTries === 0) return undefined;
  return codeTries >= maxCodeTries
    ? { kind: 'used-up' }
    : { kind: 'wrong', triesLeft: maxCodeTries - codeTries };
}

function deadlineOf({ attempt }: Facts): Date {
  return present(attempt?.waitsUntil, 'the end of the quarantine');
}

export const releaseHere: Answer = async ({ tx, facts, attempts }) => {
  const released = await attempts.release(
    tx,
    facts.session,
    present(facts.attempt, 'the attempt in quarantine'),
  );
  return released ? away : here;
};

/** The right code proves that one person sees both screens: the browser that typed it becomes the holder. */
export const releaseByCode: Answer = async ({ tx, facts, input, attempts, browserHash }) => {
  const attempt = present(facts.attempt, 'the attempt in quarantine');
  const typed = (input.code ?? '').replace(/\D/g, '');
  if (attempt.codeTries >= maxCodeTries) return here;
  if (typed.length !== releaseCodeDigits) return { go: 'again', problem: { kind: 'malformed' } };
  const code = present(await attempts.releaseCode(tx, attempt), 'the code of a quarantined consent');
  if (!timingSafeEqual(Buffer.from(typed), Buffer.from(code))) {
    await attempts.countCodeTry(tx, attempt);
    return here;
  }
  if (!(await attempts.release(tx, facts.session, attempt))) return here;
  await bindBrowser(tx, facts.session, { browserHash, bankId: undefined, now: facts.now });
  return away;
};

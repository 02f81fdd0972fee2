import { timingSafeEqual } from 'node:crypto';
import { present } from '../../core/assert.ts';
import { type Attempt, maxCodeTries, releaseCodeDigits } from '../attempt.ts';
import type { Facts } from '../facts.ts';
import { actionOf, leavePath } from '../flow-entry.ts';
import { type Answer, here, type Step } from '../step.ts';
import { Release } from '../views/release.tsx';
import { type CodeProblem, ReleaseCode } from '../views/release-code.tsx';
import { renderPage } from '../views/render-page.ts';
import { agree } from './consent.ts';

const askEverySeconds = 3;

export function isQuarantined({ attempt }: Facts): boolean {
  return attempt?.stage === 'quarantined';
}

export function mayEnterCode(facts: Facts): boolean {
  return facts.role === 'returned' && isQuarantined(facts);
}

/**
 * In the browser that holds the session: the code that the other browser asks for, and no way to release anything.
 * Whoever holds the session may have sent the bank's link to somebody else, whose login this then is.
 */
export const releasePage: Step['page'] = (facts, { frame, csrf, place, sealed }) => {
  const { grant } = sealed();
  const bank = present(facts.bank, 'the bank of a quarantined consent');
  return renderPage(Release, {
    frame,
    csrf,
    tryAgainAction: actionOf(place, 'agree', { bank: bank.id }),
    cancelAction: actionOf(place, 'cancel'),
    bankName: bank.name,
    code: present(grant?.releaseCode, 'the code of a quarantined consent'),
    now: facts.now,
    expiresAt: deadlineOf(facts),
    againUrl: leavePath(facts.session),
    askEverySeconds,
  });
};

/** In the browser that came back, whose user has logged in at the bank: the code, or that it was not him. */
export const enterCodePage: Step['page'] = (facts, { frame, csrf, place, problem }) =>
  renderPage(ReleaseCode, {
    frame,
    csrf,
    releaseAction: actionOf(place, 'code'),
    disownAction: actionOf(place, 'not-me'),
    bankName: facts.bank?.name ?? '',
    now: facts.now,
    expiresAt: deadlineOf(facts),
    problem:
      problem && problem.kind !== 'field'
        ? problem
        : problemOf(present(facts.attempt, 'the attempt in quarantine')),
  });

function problemOf({ codeTries }: Attempt): CodeProblem | undefined {
  return codeTries === 0 ? undefined : { kind: 'wrong', triesLeft: maxCodeTries - codeTries };
}

function deadlineOf({ attempt }: Facts): Date {
  return present(attempt?.waitsUntil, 'the end of the quarantine');
}

/** The holder goes to his bank once more; what came back elsewhere is ended there. */
export const tryAgainAtBank: Answer = async (given) => {
  const { tx, facts, input, attempts } = given;
  if (!facts.bank || input.bank !== facts.bank.id) return here;
  await attempts.supersede(tx, present(facts.attempt, 'the attempt in quarantine'));
  return agree(given);
};

/** The right code shows that whoever logged in sees the holder's screen. The holder stays the holder, and goes on. */
export const releaseByCode: Answer = async ({ tx, facts, input, attempts }) => {
  const attempt = present(facts.attempt, 'the attempt in quarantine');
  const typed = (input.code ?? '').replace(/\D/g, '');
  if (typed.length !== releaseCodeDigits) return { go: 'again', problem: { kind: 'malformed' } };
  const code = present(await attempts.releaseCode(tx, attempt), 'the code of a quarantined consent');
  if (timingSafeEqual(Buffer.from(typed), Buffer.from(code)))
    await attempts.release(tx, facts.session, attempt);
  else await attempts.countWrongCode(tx, attempt);
  return here;
};

/**
 * Whoever logged in did not begin this: his consent is revoked, and the session fails. It is not handed back to its
 * holder, who could otherwise send the next link at once and without the merchant hearing of it.
 */
export const disown: Answer = async ({ tx, facts, attempts, sessions }) => {
  await attempts.supersede(tx, present(facts.attempt, 'the attempt in quarantine'));
  await sessions.fail(tx, facts.session, 'cancelled');
  return here;
};

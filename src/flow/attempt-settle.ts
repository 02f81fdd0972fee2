import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { Step as BankStep } from '../banking/step.ts';
import { assert, present } from '../core/assert.ts';
import { randomDigits } from '../core/ids.ts';
import type { Tx } from '../platform/postgres/pool.ts';
import { endsAt, returnGraceMs, type Session, type SessionKey } from '../sessions/session.ts';
import {
  type Attempt,
  type AttemptKey,
  isLiving,
  quarantineMs,
  reasonOfRefusal,
  releaseCodeDigits,
} from './attempt.ts';
import { type AttemptEnd, endAttempt, leftBy } from './attempt-end.ts';
import type { AttemptStore } from './attempt-store.ts';
import type { BankAnswer } from './bank-call.ts';
import { isOver } from './facts.ts';
import type { FlowDeps } from './flow.ts';
import { appPrompt, formPrompt, longerPauseMs } from './prompt.ts';

/** A call to a bank, as whoever stores its answer has to know it. */
export interface BankCall extends AttemptKey {
  readonly session: SessionKey;
  /** Which call of its attempt this is. */
  readonly number: number;
  /** Who asked. */
  readonly psu: PsuContext;
  /** Whether it brought what the user typed. */
  readonly answers: boolean;
  /** Of the state that was given for his next way back from the bank; the last one is used up. */
  readonly nextStateHash?: Buffer;
}

type Waiting = Extract<BankStep, { kind: 'redirect' | 'form' | 'decoupled' }>;

/** Stores what banks answered. Each change is made under the session's lock. */
export class AttemptSettling {
  readonly #deps: FlowDeps;
  readonly #store: AttemptStore;

  constructor(deps: FlowDeps, store: AttemptStore) {
    this.#deps = deps;
    this.#store = store;
  }

  /** Stores what the bank answered; or, if nobody waits for it any more, has it ended at the bank. */
  async settle(tx: Tx, call: BankCall, answer: BankAnswer): Promise<void> {
    const { sessions, clock } = this.#deps;
    const session = present(await sessions.lock(tx, call.session), 'the session of an attempt');
    const attempt = present(await this.#store.find(tx, call), 'an attempt');
    if (isTakenOver(attempt, call)) return;
    if (!isCalling(attempt) || isOver({ session, now: clock.now() }))
      return this.#discard(tx, attempt, answer);
    switch (answer.kind) {
      case 'redirect':
      case 'form':
      case 'decoupled':
        return this.#await(tx, session, attempt, answer, call);
      case 'authorised':
        if (attempt.returnedBrowserHash) return this.#quarantine(tx, attempt, answer.consent, call.psu);
        return this.grant(tx, session, attempt, answer.consent, call.psu);
      case 'refused': {
        const isWrong = call.answers && answer.reason === 'denied';
        const failure = isWrong ? 'not-let-in' : reasonOfRefusal[answer.reason];
        return this.end(tx, attempt, { stage: 'failed', failure });
      }
      case 'failed':
        if (attempt.stage === 'approving' && answer.reason === 'bank-down')
          return this.#pollLater(tx, attempt, answer.retryAfterMs);
        return this.end(tx, attempt, { stage: 'failed', failure: answer.reason });
    }
  }

  /** Lets a consent take effect, or has it ended if the session ended meanwhile. */
  async grant(
    tx: Tx,
    session: Session,
    attempt: Attempt,
    consent: BankConsent,
    psu: PsuContext,
  ): Promise<void> {
    const { institutions, sessions, clock } = this.#deps;
    const known = await institutions.find(attempt.bankId, session.environment, tx);
    const bank = present(known, 'the bank of an attempt');
    const granted =
      endsAt(session) > clock.now() && (await sessions.authorise(tx, session, { bank, consent, psu }));
    if (granted) await this.#store.move(tx, attempt, { stage: 'granted' }, clock.now());
    else await this.end(tx, attempt, { stage: 'superseded', grant: { consent } });
  }

  async end(tx: Tx, attempt: Attempt, end: AttemptEnd): Promise<void> {
    await endAttempt(tx, this.#store, attempt, end, this.#deps.clock.now());
  }

  /**
   * The user's turn: at the bank's page, here, or in his app. From now on the session stays with its browser. A login
   * made in another browser is not carried on in this one: whose it is, only a release tells.
   */
  async #await(
    tx: Tx,
    session: Session,
    attempt: Attempt,
    step: Waiting,
    { nextStateHash }: BankCall,
  ): Promise<void> {
    if (attempt.returnedBrowserHash)
      return this.end(tx, attempt, { stage: 'failed', failure: 'interrupted', ...leftBy(step) });
    const now = this.#deps.clock.now();
    const waitsUntil = waitEnd(session, step);
    const kept = {
      waitsUntil,
      bankAttempt: step.attempt,
      ...(nextStateHash && { stateHash: nextStateHash }),
    };
    if (step.kind === 'redirect') {
      await this.#store.move(tx, attempt, { stage: 'at-bank', ...kept, url: step.url }, now);
    } else if (step.kind === 'form') {
      await this.#store.move(tx, attempt, { stage: 'asking', ...kept, prompt: formPrompt(step) }, now);
    } else {
      const { prompt: before } = await this.#store.findSealed(tx, attempt);
      const prompt = appPrompt(step, before);
      const pollsAt = new Date(now.getTime() + prompt.pauseMs);
      await this.#store.move(tx, attempt, { stage: 'approving', ...kept, prompt, pollsAt }, now);
    }
    if (!session.bankOpenedAt) await this.#deps.sessions.markBankOpened(tx, session);
  }

  /** A bank that does not say whether the user has approved may say so the next time. */
  async #pollLater(tx: Tx, attempt: Attempt, retryAfterMs = 0): Promise<void> {
    const now = this.#deps.clock.now();
    const { bankAttempt, prompt } = await this.#store.findSealed(tx, attempt);
    assert(bankAttempt !== undefined && prompt?.kind === 'app', 'what is approved has its message');
    const pauseMs = longerPauseMs(prompt);
    const pollsAt = new Date(now.getTime() + Math.max(pauseMs, retryAfterMs));
    const { waitsUntil } = attempt;
    const kept = { bankAttempt, prompt: { ...prompt, pauseMs }, pollsAt, ...(waitsUntil && { waitsUntil }) };
    await this.#store.move(tx, attempt, { stage: 'approving', ...kept }, now);
  }

  async #quarantine(tx: Tx, attempt: Attempt, consent: BankConsent, psu: PsuContext): Promise<void> {
    const now = this.#deps.clock.now();
    const grant = { consent, psu, releaseCode: randomDigits(releaseCodeDigits) };
    const waitsUntil = new Date(now.getTime() + quarantineMs);
    await this.#store.move(tx, attempt, { stage: 'quarantined', waitsUntil, grant }, now);
  }

  async #discard(tx: Tx, attempt: Attempt, answer: BankAnswer): Promise<void> {
    const { stage, failure = 'interrupted' } = attempt;
    const end = stage === 'failed' ? ({ stage, failure } as const) : ({ stage: 'superseded' } as const);
    return this.end(tx, attempt, { ...end, ...leftBy(answer) });
  }
}

/**
 * A poll that took longer than its lease, and was begun anew: what it brings, the later one brings too. To end that
 * at the bank would end what the later one was given.
 */
function isTakenOver(attempt: Attempt, { number }: BankCall): boolean {
  return attempt.calls !== number && (isLiving(attempt) || attempt.stage === 'granted');
}

function isCalling({ stage }: Attempt): boolean {
  return stage === 'beginning' || stage === 'exchanging' || stage === 'answering' || stage === 'approving';
}

/** The bank's own end, if that comes before the session's with its grace. */
function waitEnd(session: Session, step: Waiting): Date {
  const end = session.expiresAt.getTime() + returnGraceMs;
  const told = step.kind === 'redirect' ? undefined : step.expiresAt?.getTime();
  return new Date(told === undefined || Number.isNaN(told) ? end : Math.min(told, end));
}

import type { Bank } from '../banking/bank.ts';
import type { PsuContext } from '../banking/consent.ts';
import type { ResumeInput } from '../banking/step.ts';
import { assert, present } from '../core/assert.ts';
import { uuidv7 } from '../core/ids.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import { keyOfBearerToken, matchesBearerToken, newBearerToken } from '../sessions/bearer-token.ts';
import type { Locale } from '../sessions/locale.ts';
import type { Session, SessionKey } from '../sessions/session.ts';
import { accessUntil } from '../sessions/session-access.ts';
import { type Attempt, type AttemptKey, isLiving, maxCodeTries } from './attempt.ts';
import { AttemptSettling } from './attempt-settle.ts';
import { AttemptStore } from './attempt-store.ts';
import { askBank } from './bank-call.ts';
import { isOver } from './facts.ts';
import type { FlowDeps } from './flow.ts';
import { callbackUrl } from './flow-entry.ts';
import { matchesNokState, nokStateOf } from './nok-state.ts';
import type { FormPrompt, Values } from './prompt.ts';
import { findVisit, showAttempt } from './visit-store.ts';

/** An attempt that was written down and whose bank has yet to be asked. */
export interface OpenedAttempt extends AttemptKey {
  readonly session: Session;
  readonly bank: Bank;
  readonly state: string;
}

/** A call that was written down: the attempt as it stood before. */
interface StartedCall {
  readonly session: Session;
  readonly attempt: Attempt;
}

/** What a user typed into a form, on its way to the bank. */
export interface OpenedAnswer extends StartedCall {
  readonly values: Values;
}

/** A user who came back from his bank. */
export interface Return {
  readonly bankId: string;
  readonly query: Readonly<Record<string, string>>;
  readonly browserHash: Buffer;
  readonly psu: PsuContext;
}

/**
 * Attempts to connect a bank, from the user's agreement to the stored consent. Every change is made under the
 * session's lock; the bank is never asked within a transaction. Whatever a bank gives to an attempt that is
 * no longer wanted is ended there.
 */
export class AttemptService {
  readonly #deps: FlowDeps;
  readonly #store: AttemptStore;
  readonly #settling: AttemptSettling;

  constructor(deps: FlowDeps) {
    this.#deps = deps;
    this.#store = new AttemptStore(deps.vault);
    this.#settling = new AttemptSettling(deps, this.#store);
  }

  /** Writes down the attempt before the bank hears of it. The caller holds the session, which has no living one. */
  async open(tx: Tx, session: Session, bank: Bank): Promise<OpenedAttempt> {
    const now = this.#deps.clock.now();
    const key = { merchantId: session.merchantId, id: uuidv7(now) };
    const { token: state, hash } = newBearerToken(key);
    await this.#store.insert(tx, { ...key, sessionId: session.id, bankId: bank.id, stateHash: hash }, now);
    await showAttempt(tx, session, key.id, now);
    return { ...key, session, bank, state };
  }

  /** Asks the bank to begin. What comes of it is in the attempt; this throws only if it cannot be stored. */
  async begin(opened: OpenedAttempt, psu: PsuContext, locale: Locale): Promise<void> {
    const { session, bank, state } = opened;
    const connector = this.#deps.institutions.connectorOf(bank);
    const validUntil = accessUntil(session, connector.maxConsentDays(bank), this.#deps.clock.now());
    const answer = await askBank(this.#deps.logger, opened, () =>
      connector.begin(bank, {
        permissions: this.#deps.institutions.readable(bank, session.permissions),
        access: validUntil ? { kind: 'ongoing', validUntil } : { kind: 'once' },
        callbackUrl: callbackUrl(this.#deps.publicUrl, bank.id),
        state,
        nokState: nokStateOf(state),
        psu,
        locale,
      }),
    );
    const call = { merchantId: opened.merchantId, id: opened.id, session, number: 1, psu, answers: false };
    await transaction(this.#deps.pool, (tx) => this.#settling.settle(tx, call, answer));
  }

  /**
   * The user is back. The first return of a state is exchanged at once, since codes live for seconds, whatever
   * browser it comes from; a browser that does not hold the session only gets as far as quarantine. Any later
   * return changes nothing. Undefined if the state is not one of this bank's attempts.
   */
  async comeBack(back: Return): Promise<SessionKey | undefined> {
    const { state = '' } = back.query;
    const key = keyOfBearerToken(state);
    const known = key && (await this.#store.find(dbOf(this.#deps.pool), key));
    if (!known || !(matchesBearerToken(state, known.stateHash) || matchesNokState(state, known.stateHash)))
      return undefined;
    if (known.bankId !== back.bankId) return undefined;
    const taken = await transaction(this.#deps.pool, (tx) => this.#take(tx, known, back));
    if (taken) await this.#exchange(taken, back);
    return { merchantId: known.merchantId, id: known.sessionId };
  }

  /** The form that the user is asked to fill in. */
  async formOf(tx: Tx, attempt: Attempt): Promise<FormPrompt> {
    const { prompt } = await this.#store.findSealed(tx, attempt);
    assert(prompt?.kind === 'form', 'an attempt that asks has its form');
    return prompt;
  }

  /** Writes down that an answer goes to the bank; of the answer nothing. The caller holds the session. */
  async openAnswer(tx: Tx, session: Session, attempt: Attempt, values: Values): Promise<OpenedAnswer> {
    await this.#store.startAnswer(tx, attempt, this.#deps.clock.now());
    return { session, attempt, values };
  }

  /** Gives the bank what the user typed. What comes of it is in the attempt. */
  async sendAnswer({ values, ...started }: OpenedAnswer, psu: PsuContext): Promise<void> {
    await this.#resume(started, { kind: 'form', values, psu });
  }

  /**
   * Asks the bank whether the user has approved in his app: not before it is time, and one caller at a time, however
   * many tabs and processes look. True if it was asked.
   */
  async poll(attempt: Attempt, psu: PsuContext): Promise<boolean> {
    const { pollsAt } = attempt;
    if (attempt.stage !== 'approving' || !pollsAt || pollsAt > this.#deps.clock.now()) return false;
    const taken = await transaction(this.#deps.pool, (tx) => this.#takePoll(tx, attempt));
    if (taken) await this.#resume(taken, { kind: 'poll', psu });
    return taken !== undefined;
  }

  /** Ends an attempt whose user comes too late, if nothing else has yet. Whether it has ended. */
  async endIfLate(tx: Tx, attempt: Attempt): Promise<boolean> {
    if (!attempt.waitsUntil || attempt.waitsUntil > this.#deps.clock.now()) return false;
    await this.#settling.end(tx, attempt, { stage: 'failed', failure: 'timed-out' });
    return true;
  }

  /** Lets a quarantined consent take effect; revokes it if its time, or that of the session, is over. */
  async release(tx: Tx, session: Session, attempt: Attempt): Promise<void> {
    if (await this.endIfLate(tx, attempt)) return;
    const { grant } = await this.#store.findSealed(tx, attempt);
    const { consent, psu } = present(grant, 'the consent in quarantine');
    await this.#settling.grant(
      tx,
      session,
      attempt,
      consent,
      present(psu, 'the user of a quarantined consent'),
    );
  }

  async releaseCode(tx: Tx, attempt: Attempt): Promise<string | undefined> {
    return (await this.#store.findSealed(tx, attempt)).grant?.releaseCode;
  }

  /** Counts a wrong code. The last one that may be tried ends the quarantined consent. */
  async countWrongCode(tx: Tx, attempt: Attempt): Promise<void> {
    await this.#store.countCodeTry(tx, attempt, this.#deps.clock.now());
    if (attempt.codeTries + 1 < maxCodeTries) return;
    await this.#settling.end(tx, attempt, { stage: 'failed', failure: 'wrong-codes' });
  }

  /** The user chose otherwise, or the session ends: the attempt is over, here and at the bank. */
  async supersede(tx: Tx, attempt: Attempt): Promise<void> {
    if (isLiving(attempt)) await this.#settling.end(tx, attempt, { stage: 'superseded' });
  }

  /** Uses the state up, if this return is its first and the session still waits for it. */
  async #take(tx: Tx, known: Attempt, back: Return): Promise<StartedCall | undefined> {
    const { sessions, clock } = this.#deps;
    const now = clock.now();
    const session = present(await sessions.lock(tx, sessionOf(known)), 'the session of an attempt');
    const attempt = present(await this.#store.find(tx, known), 'an attempt');
    if (attempt.stage !== 'at-bank') return undefined;
    if (isOver({ session, now })) {
      await this.#settling.end(tx, attempt, { stage: 'superseded' });
      return undefined;
    }
    const visit = await findVisit(tx, session);
    const isHolder = visit?.browserHash.equals(back.browserHash) ?? false;
    await this.#store.startExchange(tx, attempt, isHolder ? undefined : back.browserHash, now);
    return { session, attempt };
  }

  /** Takes the turn to ask the bank, if it is time and nobody else does. */
  async #takePoll(tx: Tx, asked: Attempt): Promise<StartedCall | undefined> {
    const now = this.#deps.clock.now();
    const session = present(
      await this.#deps.sessions.lock(tx, sessionOf(asked)),
      'the session of an attempt',
    );
    const attempt = present(await this.#store.find(tx, asked), 'an attempt');
    if (isOver({ session, now }) || !(await this.#store.startPoll(tx, attempt, now))) return undefined;
    return { session, attempt };
  }

  async #exchange(taken: StartedCall, { query, psu }: Return): Promise<void> {
    const next = newBearerToken(taken.attempt);
    const states = { nextState: next.token, nextNokState: nokStateOf(next.token) };
    await this.#resume(taken, { kind: 'callback', query, psu, ...states }, next.hash);
  }

  /** Asks the bank to go on, and stores what comes of it. The call was written down before. */
  async #resume(
    { session, attempt }: StartedCall,
    input: ResumeInput,
    nextStateHash?: Buffer,
  ): Promise<void> {
    const { institutions, logger, pool } = this.#deps;
    const { bankAttempt } = await this.#store.findSealed(dbOf(pool), attempt);
    const answer = await askBank(logger, attempt, async () => {
      const known = await institutions.find(attempt.bankId, session.environment);
      const bank = present(known, 'the bank of an attempt');
      return institutions
        .connectorOf(bank)
        .resume(bank, present(bankAttempt, 'the attempt at the bank'), input);
    });
    const { merchantId, id, calls } = attempt;
    const answers = input.kind === 'form';
    const next = nextStateHash ? { nextStateHash } : {};
    const call = { merchantId, id, session, number: calls + 1, psu: input.psu, answers, ...next };
    await transaction(pool, (tx) => this.#settling.settle(tx, call, answer));
  }
}

function sessionOf(attempt: Attempt): SessionKey {
  return { merchantId: attempt.merchantId, id: attempt.sessionId };
}

import type { Bank } from '../banking/bank.ts';
import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { Step as BankStep } from '../banking/step.ts';
import { present } from '../core/assert.ts';
import { randomDigits, uuidv7 } from '../core/ids.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import { keyOfBearerToken, matchesBearerToken, newBearerToken } from '../sessions/bearer-token.ts';
import type { Locale } from '../sessions/locale.ts';
import { endsAt, returnGraceMs, type Session, type SessionKey } from '../sessions/session.ts';
import { accessUntil } from '../sessions/session-access.ts';
import {
  type Attempt,
  type AttemptKey,
  isLiving,
  maxCodeTries,
  quarantineMs,
  reasonOfRefusal,
  releaseCodeDigits,
} from './attempt.ts';
import { type AttemptEnd, endAttempt, leftBy } from './attempt-end.ts';
import { AttemptStore } from './attempt-store.ts';
import { askBank, type BankAnswer } from './bank-call.ts';
import { isOver } from './facts.ts';
import type { FlowDeps } from './flow.ts';
import { callbackUrl } from './flow-entry.ts';
import { findVisit, showAttempt } from './visit-store.ts';

/** An attempt that was written down and whose bank has yet to be asked. */
export interface OpenedAttempt extends AttemptKey {
  readonly session: Session;
  readonly bank: Bank;
  readonly state: string;
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

  constructor(deps: FlowDeps) {
    this.#deps = deps;
    this.#store = new AttemptStore(deps.vault);
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
        psu,
        locale,
      }),
    );
    await transaction(this.#deps.pool, (tx) =>
      this.#settle(tx, opened, session, answer, { psu, quarantine: false }),
    );
  }

  /**
   * The user is back. The first return of a state is exchanged at once, since codes live for seconds, whatever
   * browser it comes from; a browser that does not hold the session only gets as far as quarantine. Any later
   * return changes nothing. Undefined if the state is not one of this bank's attempts.
   */
  async comeBack(back: Return): Promise<SessionKey | undefined> {
    const key = keyOfBearerToken(back.query.state ?? '');
    const known = key && (await this.#store.find(dbOf(this.#deps.pool), key));
    if (!known || !matchesBearerToken(back.query.state ?? '', known.stateHash)) return undefined;
    if (known.bankId !== back.bankId) return undefined;
    const taken = await transaction(this.#deps.pool, (tx) => this.#take(tx, known, back));
    if (taken) await this.#exchange(taken.session, known, back, taken.quarantine);
    return { merchantId: known.merchantId, id: known.sessionId };
  }

  /** Lets a quarantined consent take effect; revokes it if its time, or that of the session, is over. */
  async release(tx: Tx, session: Session, attempt: Attempt): Promise<void> {
    if (attempt.waitsUntil && attempt.waitsUntil <= this.#deps.clock.now())
      return this.#end(tx, attempt, { stage: 'failed', failure: 'timed-out' });
    const { grant } = await this.#store.findSealed(tx, attempt);
    const { consent, psu } = present(grant, 'the consent in quarantine');
    await this.#grant(tx, session, attempt, consent, present(psu, 'the user of a quarantined consent'));
  }

  async releaseCode(tx: Tx, attempt: Attempt): Promise<string | undefined> {
    return (await this.#store.findSealed(tx, attempt)).grant?.releaseCode;
  }

  /** Counts a wrong code. The last one that may be tried ends the quarantined consent. */
  async countWrongCode(tx: Tx, attempt: Attempt): Promise<void> {
    await this.#store.countCodeTry(tx, attempt, this.#deps.clock.now());
    if (attempt.codeTries + 1 < maxCodeTries) return;
    await this.#end(tx, attempt, { stage: 'failed', failure: 'wrong-codes' });
  }

  /** The user chose otherwise, or the session ends: the attempt is over, here and at the bank. */
  async supersede(tx: Tx, attempt: Attempt): Promise<void> {
    if (isLiving(attempt)) await this.#end(tx, attempt, { stage: 'superseded' });
  }

  /** Uses the state up, if this return is its first and the session still waits for it. */
  async #take(
    tx: Tx,
    known: Attempt,
    back: Return,
  ): Promise<{ session: Session; quarantine: boolean } | undefined> {
    const { sessions, clock } = this.#deps;
    const now = clock.now();
    const session = present(await sessions.lock(tx, sessionOf(known)), 'the session of an attempt');
    const attempt = present(await this.#store.find(tx, known), 'an attempt');
    if (attempt.stage !== 'at-bank') return undefined;
    if (isOver({ session, now })) {
      await this.#end(tx, attempt, { stage: 'superseded' });
      return undefined;
    }
    const visit = await findVisit(tx, session);
    const quarantine = !visit?.browserHash.equals(back.browserHash);
    await this.#store.startExchange(tx, attempt, quarantine ? back.browserHash : undefined, now);
    return { session, quarantine };
  }

  async #exchange(session: Session, attempt: Attempt, back: Return, quarantine: boolean): Promise<void> {
    const { institutions, logger, pool } = this.#deps;
    const { bankAttempt } = await this.#store.findSealed(dbOf(pool), attempt);
    const next = newBearerToken(attempt);
    const answer = await askBank(logger, attempt, async () => {
      const bank = present(institutions.find(attempt.bankId, session.environment), 'the bank of an attempt');
      const { query, psu } = back;
      const input = { kind: 'callback', query, psu, nextState: next.token } as const;
      return institutions
        .connectorOf(bank)
        .resume(bank, present(bankAttempt, 'the attempt at the bank'), input);
    });
    await transaction(pool, (tx) =>
      this.#settle(tx, attempt, session, answer, { psu: back.psu, quarantine, nextStateHash: next.hash }),
    );
  }

  /** Stores what the bank answered; or, if nobody waits for it any more, has it ended at the bank. */
  async #settle(
    tx: Tx,
    key: AttemptKey,
    asked: SessionKey,
    answer: BankAnswer,
    user: { readonly psu: PsuContext; readonly quarantine: boolean; readonly nextStateHash?: Buffer },
  ): Promise<void> {
    const { sessions, clock } = this.#deps;
    const session = present(await sessions.lock(tx, asked), 'the session of an attempt');
    const attempt = present(await this.#store.find(tx, key), 'an attempt');
    const awaited = attempt.stage === 'beginning' || attempt.stage === 'exchanging';
    if (!awaited || isOver({ session, now: clock.now() })) return this.#discard(tx, attempt, answer);
    switch (answer.kind) {
      case 'redirect':
        // A login made in another browser must not be carried on in this one: whose it is, only a release tells.
        if (user.quarantine)
          return this.#end(tx, attempt, { stage: 'failed', failure: 'interrupted', ...leftBy(answer) });
        return this.#sendToBank(tx, session, attempt, answer, user.nextStateHash);
      case 'authorised':
        if (user.quarantine) return this.#quarantine(tx, attempt, answer.consent, user.psu);
        return this.#grant(tx, session, attempt, answer.consent, user.psu);
      case 'decoupled':
      case 'form':
        return this.#end(tx, attempt, { stage: 'failed', failure: 'internal', ...leftBy(answer) });
      case 'refused':
        return this.#end(tx, attempt, { stage: 'failed', failure: reasonOfRefusal[answer.reason] });
      case 'failed':
        return this.#end(tx, attempt, { stage: 'failed', failure: answer.reason });
    }
  }

  async #sendToBank(
    tx: Tx,
    session: Session,
    attempt: Attempt,
    answer: BankStep & { kind: 'redirect' },
    stateHash: Buffer = attempt.stateHash,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    const waitsUntil = new Date(session.expiresAt.getTime() + returnGraceMs);
    const { attempt: bankAttempt, url } = answer;
    await this.#store.move(tx, attempt, { stage: 'at-bank', waitsUntil, bankAttempt, url, stateHash }, now);
    await this.#deps.sessions.markBankOpened(tx, session);
  }

  async #quarantine(tx: Tx, attempt: Attempt, consent: BankConsent, psu: PsuContext): Promise<void> {
    const now = this.#deps.clock.now();
    const grant = { consent, psu, releaseCode: randomDigits(releaseCodeDigits) };
    const waitsUntil = new Date(now.getTime() + quarantineMs);
    await this.#store.move(tx, attempt, { stage: 'quarantined', waitsUntil, grant }, now);
  }

  async #grant(
    tx: Tx,
    session: Session,
    attempt: Attempt,
    consent: BankConsent,
    psu: PsuContext,
  ): Promise<void> {
    const { institutions, sessions, clock } = this.#deps;
    const bank = present(institutions.find(attempt.bankId, session.environment), 'the bank of an attempt');
    const granted =
      endsAt(session) > clock.now() && (await sessions.authorise(tx, session, { bank, consent, psu }));
    if (granted) await this.#store.move(tx, attempt, { stage: 'granted' }, clock.now());
    else await this.#end(tx, attempt, { stage: 'superseded', grant: { consent } });
  }

  async #discard(tx: Tx, attempt: Attempt, answer: BankAnswer): Promise<void> {
    const { stage, failure = 'interrupted' } = attempt;
    const end = stage === 'failed' ? ({ stage, failure } as const) : ({ stage: 'superseded' } as const);
    return this.#end(tx, attempt, { ...end, ...leftBy(answer) });
  }

  async #end(tx: Tx, attempt: Attempt, end: AttemptEnd): Promise<void> {
    await endAttempt(tx, this.#store, attempt, end, this.#deps.clock.now());
  }
}

function sessionOf(attempt: Attempt): SessionKey {
  return { merchantId: attempt.merchantId, id: attempt.sessionId };
}

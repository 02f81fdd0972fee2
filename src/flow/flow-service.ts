import type { PsuContext } from '../banking/consent.ts';
import { present } from '../core/assert.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { type Db, dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Locale } from '../sessions/locale.ts';
import type { Session } from '../sessions/session.ts';
import type { Attempt } from './attempt.ts';
import { AttemptService } from './attempt-service.ts';
import { AttemptStore, type Sealed } from './attempt-store.ts';
import type { ChallengeImage } from './challenge-image.ts';
import { type Facts, isOver } from './facts.ts';
import type { FlowDeps } from './flow.ts';
import { type Answer, atLink, away, here, type Next } from './step.ts';
import { isElsewhere } from './steps/moved.ts';
import { stepFor } from './steps.ts';
import type { Visit } from './visit.ts';
import { bindBrowser, findHeldBy, findVisit } from './visit-store.ts';

const maxHeldLookedAt = 5;

/** Who asks, and for which session. The link's token, where there is one, was checked. */
export interface Visitor {
  readonly session: Session;
  readonly browserHash: Buffer;
  readonly hasLink: boolean;
}

/** What a visitor answers at a step. */
export interface GivenAnswer {
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
  readonly psu: PsuContext;
  readonly locale: Locale;
}

/** The flow as its routes use it: what is shown to a visitor, and what his answers do. */
export class FlowService {
  readonly #deps: FlowDeps;
  readonly #store: AttemptStore;
  readonly attempts: AttemptService;

  constructor(deps: FlowDeps) {
    this.#deps = deps;
    this.#store = new AttemptStore(deps.vault);
    this.attempts = new AttemptService(deps);
  }

  /**
   * The facts that decide his step; undefined for a visitor that this session does not know. While he is to approve in
   * his bank's app, it is his looking that has the bank asked: who is gone is not waited for.
   */
  async look(visitor: Visitor, leaving: boolean, psu: PsuContext): Promise<Facts | undefined> {
    const db = dbOf(this.#deps.pool);
    const found = await this.#facts(db, visitor.session, visitor, leaving);
    if (!found?.attempt || isOver(found)) return found;
    const asked = found.role === 'holder' && (await this.attempts.poll(found.attempt, psu));
    // What is granted by now was granted after the session was read.
    if (!asked && found.attempt.stage !== 'granted') return found;
    const session = present(await this.#deps.sessions.find(visitor.session), 'the session of a visitor');
    return this.#facts(db, session, visitor, leaving);
  }

  /** The living session that this browser used last, if it holds one. */
  async livingSessionOf(browserHash: Buffer): Promise<Session | undefined> {
    const { pool, sessions, clock } = this.#deps;
    for (const key of await findHeldBy(dbOf(pool), browserHash, maxHeldLookedAt)) {
      const session = await sessions.find(key);
      if (session && !isOver({ session, now: clock.now() })) return session;
    }
    return undefined;
  }

  async merchantOf(session: Session): Promise<Merchant> {
    return present(await this.#deps.merchants.find(session.merchantId), 'the merchant of a session');
  }

  /** What is sealed of the attempt among the facts, as it was when they were read. */
  sealed(attempt: Attempt | undefined): Sealed {
    return attempt ? this.#store.unseal(attempt) : {};
  }

  /** The picture that the present form shows, for who is asked to fill it in. */
  async challengeImage(visitor: Visitor): Promise<ChallengeImage | undefined> {
    const facts = await this.#facts(dbOf(this.#deps.pool), visitor.session, visitor, false);
    if (!facts || stepFor(facts).name !== 'form') return undefined;
    const { prompt } = this.sealed(facts.attempt);
    return prompt?.kind === 'form' ? prompt.challenge?.image : undefined;
  }

  /**
   * Does what the visitor answered, if his present step asks for it; a browser that came by the link becomes
   * the holder with its first answer. Undefined for a visitor that this session does not know.
   */
  async answer(visitor: Visitor, given: GivenAnswer): Promise<Next | undefined> {
    const next = await transaction(this.#deps.pool, (tx) => this.#answerIn(tx, visitor, given));
    if (next?.go === 'begin') await this.attempts.begin(next.opened, given.psu, given.locale);
    else if (next?.go === 'send') await this.attempts.sendAnswer(next.opened, given.psu);
    else return next;
    return away;
  }

  async #answerIn(tx: Tx, visitor: Visitor, given: GivenAnswer): Promise<Next | undefined> {
    const { sessions, institutions } = this.#deps;
    const session = await sessions.lock(tx, visitor.session);
    const found = session && (await this.#facts(tx, session, visitor, false));
    if (!found) return undefined;
    const binds = found.role === 'bearer' && !isElsewhere(found) && !isOver(found);
    if (found.role === 'bearer' && !binds) return atLink;
    const visit = binds ? await this.#bind(tx, found, visitor) : found.visit;
    const answer = answerTo(found, given.action);
    if (!answer) return here;
    return answer({
      tx,
      facts: { ...found, visit: present(visit, 'the visit of a bound session') },
      browserHash: visitor.browserHash,
      input: given.input,
      psu: given.psu,
      attempts: this.attempts,
      sessions,
      institutions,
    });
  }

  /** What the visitor is to the session, and the try that concerns him. */
  async #roleAndAttempt(
    db: Db,
    { session, browserHash, hasLink }: Visitor,
    visit: Visit | undefined,
  ): Promise<Pick<Facts, 'role' | 'attempt'> | undefined> {
    if (!visit) return hasLink ? { role: 'bearer' } : undefined;
    const { merchantId, attemptId } = visit;
    const attempt =
      attemptId === undefined ? undefined : await this.#store.find(db, { merchantId, id: attemptId });
    const found = attempt && { attempt };
    if (visit.browserHash.equals(browserHash)) return { role: 'holder', ...found };
    const returned = await this.#store.findReturned(db, session, browserHash);
    if (returned) return { role: 'returned', attempt: returned };
    if (hasLink) return { role: 'bearer', ...found };
    const isFormer = visit.formerBrowserHashes.some((hash) => hash.equals(browserHash));
    return isFormer ? { role: 'former', ...found } : undefined;
  }

  async #bind(tx: Tx, { session, now }: Facts, { browserHash }: Visitor): Promise<Visit | undefined> {
    await bindBrowser(tx, session, { browserHash, bankId: session.prefillBankId, now });
    return findVisit(tx, session);
  }

  async #facts(db: Db, session: Session, visitor: Visitor, leaving: boolean): Promise<Facts | undefined> {
    const { institutions, clock } = this.#deps;
    const visit = await findVisit(db, session);
    const known = await this.#roleAndAttempt(db, visitor, visit);
    if (!known) return undefined;
    const { role, attempt } = known;
    const bankId = visit ? visit.bankId : session.prefillBankId;
    // Who is with a bank already goes on there, also when it has been withdrawn meanwhile.
    const look = attempt?.bankId === bankId ? 'find' : 'offered';
    const bank = bankId === undefined ? undefined : await institutions[look](bankId, session.environment, db);
    return {
      session,
      role,
      ...(visit && { visit }),
      ...(attempt && { attempt }),
      ...(bank && { bank }),
      leaving,
      now: clock.now(),
    };
  }
}

function answerTo(facts: Facts, action: string): Answer | undefined {
  const { answers } = stepFor(facts);
  return Object.hasOwn(answers, action) ? answers[action] : undefined;
}

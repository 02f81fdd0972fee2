import type pg from 'pg';
import type { Clock } from '../../core/clock.ts';
import { ApiError, invalid } from '../../core/errors.ts';
import { sha256 } from '../../core/ids.ts';
import type { SealedPlace } from '../crypto/cipher.ts';
import type { Vault } from '../crypto/vault.ts';
import { dbOf, part, type Tx, transaction } from '../postgres/pool.ts';
import {
  type Claim,
  deleteAnswersAbout,
  deleteExpired,
  findClaim,
  type Lease,
  lease,
  release,
  type StoredClaim,
  storeAnswer,
  storeUnderLease,
  tryLock,
} from './idempotency-store.ts';

/** What a request answered, or answers again. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly replayed: boolean;
}

export interface IdempotencyDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  /** The body of a refusal, as the caller would get it. */
  readonly describeError: (error: ApiError) => unknown;
  /** How long work that calls out counts as running; longer than it can take. */
  readonly leaseSeconds?: number;
}

interface Refusal {
  readonly refused: unknown;
  readonly answer: Omit<Answer, 'replayed'>;
}

const maxKeyLength = 255;
const defaultLeaseSeconds = 60;

/** The claim behind a request's `Idempotency-Key`; null without one. The fingerprint is route and body. */
export function claimOf(request: {
  merchantId: string;
  environment: string;
  key: string | string[] | undefined;
  route: string;
  bodyHash: Buffer;
}): Claim | null {
  const { key, merchantId, environment } = request;
  if (key === undefined) return null;
  if (typeof key !== 'string' || key.length === 0 || key.length > maxKeyLength)
    throw invalid('Idempotency-Key', `The Idempotency-Key header must have 1 to ${maxKeyLength} characters.`);
  const fingerprint = sha256(Buffer.concat([Buffer.from(`${request.route}\n`), request.bodyHash]));
  return { merchantId, environment, keyHash: sha256(key), fingerprint };
}

/**
 * Runs a request at most once per key. Answers that ran are kept for 24 hours, encrypted: 2xx and final 4xx;
 * never 401, 429 or 5xx, after which the same key may be sent again.
 */
export class Idempotency {
  readonly #deps: IdempotencyDeps;

  constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
  }

  /**
   * Work and answer are one transaction. A final refusal is kept in it too, with the work undone: were it kept after
   * it, the same request might be let through in between, and one key would have two answers.
   * @param subject what the answer is about, where it has to go with it (`forget`)
   * @throws ApiError LOCKED while the same key is running
   */
  async run(
    claim: Claim | null,
    work: (tx: Tx) => Promise<unknown>,
    subject: string | null = null,
  ): Promise<Answer> {
    const { pool, clock } = this.#deps;
    if (!claim) return fresh(await transaction(pool, work));
    const outcome = await transaction(pool, async (tx) => {
      if (!(await tryLock(tx, claim))) throw stillRunning();
      const stored = await findClaim(tx, claim, clock.now());
      if (stored) return this.#replay(claim, stored);
      const ended = await this.#ended(() => part(tx, () => work(tx)));
      const answer = 'refused' in ended ? ended.answer : ended;
      await storeAnswer(tx, claim, this.seal(claim, answer), clock.now(), subject);
      return ended;
    });
    if ('refused' in outcome) throw outcome.refused;
    return outcome;
  }

  /** For work that calls out and so cannot be one transaction: a lease of 60 s stands for "running". */
  async runOutside(claim: Claim | null, work: () => Promise<unknown>): Promise<Answer> {
    if (!claim) return fresh(await work());
    const begun = await this.#begin(claim);
    if (typeof begun !== 'string') return begun;
    try {
      const body = await work();
      await this.#keep(claim, begun, { status: 200, body });
      return fresh(body);
    } catch (error) {
      const refusal = this.#refusalOf(error);
      if (refusal) await this.#keep(claim, begun, refusal);
      else await release(dbOf(this.#deps.pool), claim, begun);
      throw error;
    }
  }

  /** The earlier answer under this key. @throws ApiError CONFLICT when the key stood for another request */
  async replay(claim: Claim): Promise<Answer | undefined> {
    const stored = await findClaim(dbOf(this.#deps.pool), claim, this.#deps.clock.now());
    return stored && this.#replay(claim, stored);
  }

  /** The earlier answer under a key that was found used. @throws ApiError LOCKED if it is gone by now */
  async replayOf(claim: Claim): Promise<Answer> {
    const earlier = await this.replay(claim);
    if (!earlier) throw stillRunning();
    return earlier;
  }

  /** Keeps a final refusal (4xx that the same request will always meet), so that a replay says the same. */
  async rememberRefusal(claim: Claim, error: unknown): Promise<void> {
    const refusal = this.#refusalOf(error);
    if (!refusal) return;
    const { pool, clock } = this.#deps;
    await storeAnswer(dbOf(pool), claim, this.seal(claim, refusal), clock.now(), null);
  }

  seal(claim: Claim, { status, body }: { status: number; body: unknown }): Buffer {
    return this.#deps.vault.sealJson(placeOf(claim), { status, body });
  }

  /** Erases what was answered about a subject. Its keys are free again: the same request is judged anew. */
  async forget(tx: Tx, merchantId: string, subject: string): Promise<void> {
    await deleteAnswersAbout(tx, merchantId, subject);
  }

  async sweep(): Promise<void> {
    await deleteExpired(dbOf(this.#deps.pool), this.#deps.clock.now());
  }

  /** Takes the key for work that begins now, or gives the answer that it has already. */
  async #begin(claim: Claim): Promise<Lease | Answer> {
    const { pool, clock, leaseSeconds = defaultLeaseSeconds } = this.#deps;
    return transaction(pool, async (tx) => {
      if (!(await tryLock(tx, claim))) throw stillRunning();
      const stored = await findClaim(tx, claim, clock.now());
      const sameRequest = stored?.fingerprint.equals(claim.fingerprint) ?? true;
      if (stored && (stored.sealedAnswer || stored.running || !sameRequest))
        return this.#replay(claim, stored);
      return lease(tx, claim, leaseSeconds, clock.now());
    });
  }

  async #keep(claim: Claim, held: Lease, answer: Omit<Answer, 'replayed'>): Promise<void> {
    const { pool, clock } = this.#deps;
    await storeUnderLease(dbOf(pool), claim, held, this.seal(claim, answer), clock.now());
  }

  /** What came of the work, a final refusal included; anything else that it throws goes on. */
  async #ended(work: () => Promise<unknown>): Promise<Answer | Refusal> {
    try {
      return fresh(await work());
    } catch (error) {
      const answer = this.#refusalOf(error);
      if (!answer) throw error;
      return { refused: error, answer };
    }
  }

  #refusalOf(error: unknown): Omit<Answer, 'replayed'> | undefined {
    if (!(error instanceof ApiError) || !isFinal(error)) return undefined;
    return { status: error.status, body: this.#deps.describeError(error) };
  }

  #replay(claim: Claim, stored: StoredClaim): Answer {
    if (!stored.fingerprint.equals(claim.fingerprint))
      throw new ApiError('IDEMPOTENCY', 'This Idempotency-Key was used for another request. Use a new key.');
    if (!stored.sealedAnswer) throw stillRunning();
    const answer = this.#deps.vault.openJson(placeOf(claim), stored.sealedAnswer) as Omit<Answer, 'replayed'>;
    return { ...answer, replayed: true };
  }
}

function fresh(body: unknown): Answer {
  return { status: 200, body, replayed: false };
}

function stillRunning(): ApiError {
  return new ApiError('LOCKED', 'The same request is still running. Ask again in a moment.', {
    retryAfterSeconds: 1,
  });
}

function isFinal(error: ApiError): boolean {
  const runsAgain = ['UNAUTHENTICATED', 'TOO_MANY_REQUESTS', 'LOCKED', 'IDEMPOTENCY'];
  return error.status < 500 && !runsAgain.includes(error.code);
}

function placeOf(claim: Claim): SealedPlace {
  return {
    table: 'idempotency_key',
    merchantId: claim.merchantId,
    rowId: `${claim.environment}/${claim.keyHash.toString('hex')}`,
    column: 'sealed_answer',
  };
}

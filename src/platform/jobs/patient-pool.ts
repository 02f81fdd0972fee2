import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { exponentialMs, jittered } from '../../core/backoff.ts';

const firstPauseMs = 50;
const maxPauseMs = 1_000;

/**
 * The pool as the queue sees it: while the database is away it waits instead of failing. The queue neither
 * awaits nor retries the statements that end a job, so a refused connection would otherwise end the process
 * or leave a job that was done looking undone.
 */
export interface PatientPool {
  readonly pool: pg.Pool;
  /** From now on what cannot be done at once fails. */
  giveUp(): void;
}

/**
 * `onLost` hears of a statement whose answer never came: it may have been carried out, and if it took jobs,
 * nobody knows of them.
 */
export function patientPool(pool: pg.Pool, onLost: () => void): PatientPool {
  const givenUp = new AbortController();
  const patience = new Patience(pool, givenUp.signal, onLost);
  const connect = (callback?: ConnectCallback) =>
    callback === undefined ? patience.borrow() : void patience.connect().then(...listeningWith(callback));
  // Everything else is the given pool's own.
  return {
    pool: Object.create(pool, { connect: { value: connect } }) as pg.Pool,
    giveUp: () => givenUp.abort(new Error('the worker stops while the database is away')),
  };
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/** The queue listens for new jobs on a connection of its own, and watches over that one itself. */
function listeningWith(callback: ConnectCallback) {
  return [
    (client: pg.PoolClient) => callback(undefined, client, (error) => client.release(error)),
    (error: Error) => callback(error, undefined, () => undefined),
  ] as const;
}

class Patience {
  readonly onLost: () => void;
  readonly #pool: pg.Pool;
  readonly #givenUp: AbortSignal;

  constructor(pool: pg.Pool, givenUp: AbortSignal, onLost: () => void) {
    this.#pool = pool;
    this.#givenUp = givenUp;
    this.onLost = onLost;
  }

  /** Nothing has been asked yet, so whatever went wrong, asking again is safe. */
  async connect(): Promise<pg.PoolClient> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#pool.connect();
      } catch (error) {
        if (this.#pool.ending) throw error;
        await this.pause(attempt);
      }
    }
  }

  async borrow(): Promise<BorrowedClient> {
    return new BorrowedClient(await this.connect(), this);
  }

  /** @throws the reason, once it is given up */
  async pause(attempt: number): Promise<void> {
    this.#givenUp.throwIfAborted();
    const pauseMs = jittered(exponentialMs(attempt, firstPauseMs, maxPauseMs));
    await delay(pauseMs, undefined, { signal: this.#givenUp });
  }
}

/**
 * A connection on loan. Its first statement depends on none before it, so it may move to another connection
 * when this one fails; a later one may belong to a transaction that is gone.
 */
class BorrowedClient {
  readonly #patience: Patience;
  #client: pg.PoolClient | undefined;
  #used = false;

  constructor(client: pg.PoolClient, patience: Patience) {
    this.#client = client;
    this.#patience = patience;
  }

  async query(...statement: [string | pg.QueryConfig, unknown[]?]): Promise<pg.QueryResult> {
    const isFirst = !this.#used;
    this.#used = true;
    for (let attempt = 1; ; attempt += 1) {
      this.#client ??= await this.#patience.connect();
      try {
        return await this.#client.query(...statement);
      } catch (error) {
        const kind = failureKind(error);
        if (kind === 'ours') throw error;
        this.release(kind === 'lost');
        if (kind === 'lost') this.#patience.onLost();
        if (!isFirst) throw error;
        await this.#patience.pause(attempt);
      }
    }
  }

  release(broken = false): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(broken);
  }
}

/**
 * `lost`: the connection ended before the answer. `refused`: the server undid the statement for a reason that
 * passes. `ours`: it would fail the same way again. By SQLSTATE class (PostgreSQL, appendix A).
 */
function failureKind(error: unknown): 'lost' | 'refused' | 'ours' {
  if (!(error instanceof pg.DatabaseError)) return error instanceof TypeError ? 'ours' : 'lost';
  const code = error.code ?? '';
  if (/^(08|57P)/.test(code)) return 'lost';
  // Conflicts, no space or memory left, cancelled for taking too long, a standby not yet promoted.
  return /^(40|53|57|25006)/.test(code) ? 'refused' : 'ours';
}

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { monotonicMs } from '../../core/clock.ts';

/** Held until it is released, or its process is gone. */
export interface NamedLock {
  /** Resolves if nobody else can hold it now. @throws LockLost; or the driver's error while the database is away */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

/** Somebody else may hold it by now. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

interface Entry {
  state: 'being-taken' | 'held' | 'lost';
}

/** Keeps these names apart from the program's other advisory locks. */
const keySpace = 20_261_122;
const maxReconnects = 60;
const reconnectAfterMs = 500;
const answerTimeoutMs = 10_000;
/** How long those whose connection was cut have to take back what they held, before anything else is given away. */
const defaultGraceMs = 2_000;

/**
 * Locks by name, between all processes of a database, for work outside it. They are advisory locks of one connection,
 * so that they end with the process that held them, however it ended, and no clock has a part in it. The
 * connection is one more than the pool's: whoever holds a lock must not wait for those who want a connection.
 */
export class NamedLocks {
  readonly #pool: pg.Pool;
  readonly #graceMs: number;
  readonly #entries = new Map<string, Entry>();
  #connection: Promise<pg.Client> | undefined;
  #client: pg.Client | undefined;
  #givesFromMs = Number.NEGATIVE_INFINITY;
  #asked: Promise<unknown> = Promise.resolve();

  /** @param pool where to, and how to log in */
  constructor(pool: pg.Pool, graceMs = defaultGraceMs) {
    this.#pool = pool;
    this.#graceMs = graceMs;
  }

  /** Undefined while somebody holds it, in this process or in another one. */
  async tryTake(name: string): Promise<NamedLock | undefined> {
    if (this.#entries.has(name) || monotonicMs() < this.#givesFromMs) return undefined;
    const entry: Entry = { state: 'being-taken' };
    this.#entries.set(name, entry);
    try {
      this.#connection ??= this.#connect();
      const client = await this.#connection;
      if (await this.#isTaken(client, name)) {
        entry.state = 'held';
        return { confirm: () => this.#confirm(entry), release: () => this.#release(name) };
      }
    } catch (error) {
      this.#forget(name);
      throw error;
    }
    this.#forget(name);
    return undefined;
  }

  async #confirm(entry: Entry): Promise<void> {
    // That the connection answers is the proof: a lock lives as long as it.
    const client = await this.#connection;
    if (client) await this.#ask(client, 'SELECT 1');
    if (entry.state !== 'held') throw new LockLost('a lock was lost with its connection');
  }

  async #release(name: string): Promise<void> {
    try {
      const client = await this.#connection;
      if (client) await this.#ask(client, unlockText, [name, keySpace]);
    } catch {
      // With its connection the lock has ended too.
    }
    this.#forget(name);
  }

  async #isTaken(client: pg.Client, name: string): Promise<boolean> {
    const { rows } = await this.#ask(client, lockText, [name, keySpace]);
    return rows[0]?.locked === true;
  }

  /** A connection answers one question at a time. One that fails to is given up: what it holds is not sure any more. */
  #ask(
    client: pg.Client,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<{ locked?: boolean }>> {
    const answer = this.#asked.then(() => client.query<{ locked?: boolean }>(text, [...values]));
    this.#asked = answer.catch(() => this.#afterLoss(client));
    return answer;
  }

  /** Who holds nothing needs no connection. */
  #forget(name: string): void {
    this.#entries.delete(name);
    if (this.#entries.size === 0) this.#disconnect();
  }

  #disconnect(): void {
    const client = this.#client;
    this.#connection = undefined;
    this.#client = undefined;
    client?.end().catch(() => undefined);
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#pool.options, query_timeout: answerTimeoutMs });
    // The one comes before the other, or instead of it.
    client.on('error', () => this.#afterLoss(client));
    client.once('end', () => this.#afterLoss(client));
    try {
      await client.connect();
      await client.query(keepAliveText);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }

  /**
   * A restart of the database cuts everybody's connection: each takes back what it holds, and gives itself nothing new
   * meanwhile. Somebody who had no connection then may be quicker: who lost a lock to him is told by `confirm`.
   */
  #afterLoss(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    if (this.#givesFromMs === Number.POSITIVE_INFINITY) return;
    this.#givesFromMs = Number.POSITIVE_INFINITY;
    this.#connection = this.#reconnect();
    this.#connection.catch(() => undefined);
  }

  async #reconnect(): Promise<pg.Client> {
    try {
      for (let count = 0; count < maxReconnects && !this.#pool.ending; count += 1) {
        if (await this.#tookBack()) break;
        await delay(reconnectAfterMs, undefined, { ref: false });
      }
    } finally {
      this.#givesFromMs = monotonicMs() + this.#graceMs;
    }
    if (this.#client) return this.#client;
    for (const entry of this.#entries.values()) entry.state = 'lost';
    this.#connection = undefined;
    throw new LockLost('the connection that held the locks is gone');
  }

  /** True when there is no more to be done. */
  async #tookBack(): Promise<boolean> {
    if (this.#entries.size === 0) return true;
    try {
      const client = await this.#connect();
      for (const [name, entry] of this.#entries)
        if (entry.state === 'held' && !(await this.#isTaken(client, name))) entry.state = 'lost';
      if (this.#entries.size === 0) this.#disconnect();
      return true;
    } catch {
      return false;
    }
  }
}

const lockText = 'SELECT pg_try_advisory_lock(hashtextextended($1, $2)) AS locked';
const unlockText = 'SELECT pg_advisory_unlock(hashtextextended($1, $2))';
/** A machine that is gone is found out within half a minute, not in the two hours of the system's own settings. */
const keepAliveText = `SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
  set_config('tcp_keepalives_count', '4', false)`;

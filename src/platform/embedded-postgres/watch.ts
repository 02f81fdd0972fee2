import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { exponentialMs } from '../../core/backoff.ts';
import { monotonicMs } from '../../core/clock.ts';
import type { FolderLock } from './lock.ts';
import { type Access, adminUrl, type Ownership, serverUrl, takeOwnership } from './ownership.ts';
import { isFree } from './port.ts';
import { type Postmaster, type PostmasterOptions, startPostmaster } from './postmaster.ts';
import { recover } from './recovery.ts';

/** A real PostgreSQL of our own, on loopback, that is kept running until `stop`. */
export interface EmbeddedPostgres {
  /** Of the server's database, password included. Stays good while this runs, also over a restart of PostgreSQL. */
  readonly connectionString: string;
  /** Of PostgreSQL's superuser, who may make databases. */
  readonly adminConnectionString: string;
  readonly port: number;
  /** Where the data lie: the data folder, or as root perhaps the system folder. */
  readonly folder: string;
  /** Ends it cleanly. To be called when all that uses it has ended; may be called again. */
  stop(): Promise<void>;
}

/** All that stays the same from one start of PostgreSQL to the next. */
export type Parts = Omit<PostmasterOptions, 'port' | 'signal'>;

export interface Running {
  readonly postmaster: Postmaster;
  readonly ownership: Ownership;
}

const firstDelayMs = 50;
const maxDelayMs = 1_000;
/** One that has lived this long did not fail to start: the next restart is a first one again. */
const stableAfterMs = 10_000;

/** Clears what is left of an earlier run, starts PostgreSQL and becomes its owner. */
export async function bringUp(parts: Parts, port: number, signal: AbortSignal): Promise<Running> {
  await recover(parts.cluster, parts.log);
  const postmaster = await startPostmaster({ ...parts, port, signal });
  try {
    return { postmaster, ownership: await own(parts, port) };
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
}

async function own({ cluster }: Parts, port: number): Promise<Ownership> {
  const ownership = await takeOwnership({ port, password: cluster.password });
  if (ownership === 'held') throw new Error('another process holds the lock of its owner');
  return ownership;
}

/** Watches a running PostgreSQL and brings back what is lost: the server itself, or only the owner's lock on it. */
export class WatchedPostgres implements EmbeddedPostgres {
  readonly port: number;
  readonly folder: string;
  readonly #parts: Parts;
  readonly #lock: FolderLock;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #running: Running;
  #stopped: Promise<void> | undefined;

  constructor(start: { parts: Parts; lock: FolderLock; port: number; folder: string; running: Running }) {
    this.port = start.port;
    this.folder = start.folder;
    this.#parts = start.parts;
    this.#lock = start.lock;
    this.#running = start.running;
    this.#watching = this.#watch();
  }

  get connectionString(): string {
    return serverUrl(this.#access);
  }

  get adminConnectionString(): string {
    return adminUrl(this.#access);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  get #access(): Access {
    return { port: this.port, password: this.#parts.cluster.password };
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    await this.#running.ownership.release();
    await this.#running.postmaster.stop();
    await this.#lock.release();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    const stopRequested = once(signal, 'abort');
    let failures = 0;
    while (!signal.aborted) {
      const sinceMs = monotonicMs();
      await Promise.race([this.#running.postmaster.exited, this.#running.ownership.ended, stopRequested]);
      failures = monotonicMs() - sinceMs > stableAfterMs ? 0 : failures;
      if (!signal.aborted) failures = await this.#bringBack(failures, signal);
    }
  }

  /** Tries until it is back or a stop is asked for; returns how many tries it took, which the next delay goes by. */
  async #bringBack(failures: number, signal: AbortSignal): Promise<number> {
    let told = '';
    for (let attempt = failures + 1; !signal.aborted; attempt += 1) {
      try {
        await sleep(exponentialMs(attempt, firstDelayMs, maxDelayMs), undefined, { signal });
        this.#running = await this.#restored(signal);
        return attempt;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (why !== told && !signal.aborted) this.#parts.log(`PostgreSQL is not back yet: ${why}`);
        told = why;
      }
    }
    return 0;
  }

  async #restored(signal: AbortSignal): Promise<Running> {
    const { postmaster } = this.#running;
    if (postmaster.isAlive()) return { postmaster, ownership: await own(this.#parts, this.port) };
    this.#parts.log(`PostgreSQL has ended (${await postmaster.exited}): starting it again`);
    try {
      const running = await bringUp(this.#parts, this.port, signal);
      this.#parts.log('PostgreSQL is back');
      return running;
    } catch (error) {
      // All pools have this port in their settings, so nothing is won by another one: wait until it is free.
      throw (await isFree(this.port)) ? error : new Error(`another program uses its port ${this.port}`);
    }
  }
}

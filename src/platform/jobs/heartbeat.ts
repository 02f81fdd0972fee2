import { monotonicMs } from '../../core/clock.ts';
import type { Db } from '../postgres/pool.ts';
import type { Logger } from '../telemetry/logger.ts';
import { beat, forget, freeJobsOfTheDead } from './pool-store.ts';
import type { Sweep } from './sweeps.ts';

/** Four missed heartbeats; a killed worker's jobs are to be picked up within 30 s. */
const deadAfterMs = 20_000;
const silentAfterMs = 10_000;

/** Says which worker pools of this process live, and gives back the jobs of those, anywhere, that do not. */
export class Heartbeat implements Sweep {
  readonly name = 'worker-heartbeat';
  readonly everyMs = 5_000;
  readonly #db: Db;
  readonly #logger: Logger;
  readonly #monotonicMs: () => number;
  readonly #poolIds = new Set<string>();
  #lastBeatMs: number | undefined;
  #judgesFromMs = Number.NEGATIVE_INFINITY;

  constructor(db: Db, logger: Logger, now: () => number = monotonicMs) {
    this.#db = db;
    this.#logger = logger;
    this.#monotonicMs = now;
  }

  add(poolId: string): void {
    this.#poolIds.add(poolId);
  }

  /** What the pool still holds is given back to others once it counts as dead. */
  remove(poolId: string): void {
    this.#poolIds.delete(poolId);
  }

  async run(): Promise<void> {
    for (const id of this.#poolIds) await beat(this.#db, id);
    if (!this.#mayJudge()) return;
    const dead = await freeJobsOfTheDead(this.#db, deadAfterMs);
    if (dead > 0) this.#logger.warn({ dead }, 'gave back the jobs of dead workers');
  }

  async forgetAll(): Promise<void> {
    for (const id of this.#poolIds) await forget(this.#db, id);
  }

  /**
   * Who could not beat, since the database was away, must suppose that nobody could: all look dead then.
   * So the others are given the time to beat again first.
   */
  #mayJudge(): boolean {
    const nowMs = this.#monotonicMs();
    const wasSilent = this.#lastBeatMs !== undefined && nowMs - this.#lastBeatMs > silentAfterMs;
    this.#lastBeatMs = nowMs;
    if (wasSilent) this.#judgesFromMs = nowMs + deadAfterMs;
    return nowMs >= this.#judgesFromMs;
  }
}

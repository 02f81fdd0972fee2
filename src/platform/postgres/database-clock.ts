import type pg from 'pg';
import { type Clock, monotonicMs, systemClock } from '../../core/clock.ts';
import type { Logger } from '../telemetry/logger.ts';

const syncEveryMs = 10_000;
/** Less than that is not worth a step. */
const stepMs = 50;
/** The machine was set, or slept. */
const leapMs = 2_000;
const worthAWarningMs = 60_000;

/**
 * The time of the database: the one clock that all processes share, whatever their own machines think it is. A process
 * that is ten minutes ahead would count a bank's calls for tomorrow and end sessions and consents that still live. Between
 * two looks at the database the monotonic clock goes on, which nobody sets.
 */
export class DatabaseClock implements Clock {
  readonly #pool: pg.Pool;
  readonly #logger: Logger;
  readonly #own: Clock;
  #timer: NodeJS.Timeout | undefined;
  /** Of the database over the monotonic clock; none before the first look. */
  #aheadMs = Number.NaN;
  /** Of the machine's clock over the monotonic one, at the last look. */
  #ownAheadMs = 0;
  #hasWarned = false;
  #looking: Promise<void> | undefined;

  private constructor(pool: pg.Pool, logger: Logger, own: Clock) {
    this.#pool = pool;
    this.#logger = logger;
    this.#own = own;
  }

  /** @param own the machine's clock, of which the operator is warned where it is wrong */
  static async start(pool: pg.Pool, logger: Logger, own: Clock = systemClock): Promise<DatabaseClock> {
    const clock = new DatabaseClock(pool, logger, own);
    await clock.sync();
    // While the database is away the time goes on as it did.
    clock.#timer = setInterval(() => void clock.sync().catch(() => undefined), syncEveryMs);
    clock.#timer.unref();
    return clock;
  }

  now(): Date {
    const nowMs = monotonicMs();
    const leaptMs = this.#own.now().getTime() - nowMs - this.#ownAheadMs;
    // A machine that slept has a monotonic clock that slept too.
    if (Math.abs(leaptMs) > leapMs) void this.sync().catch(() => undefined);
    return new Date(Math.round(nowMs + this.#aheadMs));
  }

  /** Looks at the database's clock. */
  sync(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const beforeMs = monotonicMs();
    const { rows } = await this.#pool.query<{ ms: string }>({
      name: 'clock-now',
      text: 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms',
    });
    const afterMs = monotonicMs();
    const aheadMs = Number(rows[0]?.ms) - (beforeMs + afterMs) / 2;
    const unknownMs = (afterMs - beforeMs) / 2 + stepMs;
    if (!(Math.abs(aheadMs - this.#aheadMs) <= unknownMs)) this.#aheadMs = aheadMs;
    this.#ownAheadMs = this.#own.now().getTime() - afterMs;
    this.#warn(Math.round(this.#ownAheadMs - this.#aheadMs));
  }

  #warn(aheadMs: number): void {
    const isWrong = Math.abs(aheadMs) > worthAWarningMs;
    if (isWrong && !this.#hasWarned)
      this.#logger.warn({ aheadMs }, "this machine's clock and the database's differ: the database's counts");
    this.#hasWarned = isWrong;
  }
}

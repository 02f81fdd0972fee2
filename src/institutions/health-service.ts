import { LRUCache } from 'lru-cache';
import { monotonicMs } from '../core/clock.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { type Health, type HealthRecord, healthOf, windowMinutes } from './health.ts';
import { addCalls, type CountedCalls, deleteOldCalls, recentCalls } from './health-store.ts';

const writeAfterMs = 1_000;
const readEveryMs = 3_000;
const maxFailedConsents = 10_000;

export interface MeasuredCall {
  readonly bankId: string;
  readonly durationMs: number;
  readonly failed: boolean;
  /** Under which consent, by the bank's name for it: a job that tries again is one failure, not five. */
  readonly consent?: string | undefined;
}

/**
 * How the banks answer: counted here, added up in the database every second, and read back for all processes together.
 * Neither writing nor reading may stand in anybody's way: what fails is left out.
 */
export class HealthService {
  readonly #db: Db;
  readonly #logger: Logger;
  readonly #failedConsents = new LRUCache<string, true>({
    max: maxFailedConsents,
    ttl: windowMinutes * 60_000,
  });
  #counted = new Map<string, CountedCalls>();
  #timer: NodeJS.Timeout | undefined;
  #records: ReadonlyMap<string, HealthRecord> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor({ db, logger }: { db: Db; logger: Logger }) {
    this.#db = db;
    this.#logger = logger;
  }

  note({ bankId, durationMs, failed, consent }: MeasuredCall): void {
    if (failed && consent !== undefined) {
      const key = `${bankId} ${consent}`;
      if (this.#failedConsents.has(key)) return;
      this.#failedConsents.set(key, true);
    }
    const { calls, failures, totalMs } = this.#counted.get(bankId) ?? { calls: 0, failures: 0, totalMs: 0 };
    this.#counted.set(bankId, {
      bankId,
      calls: calls + 1,
      failures: failures + Number(failed),
      totalMs: totalMs + durationMs,
    });
    this.#timer ??= setTimeout(() => void this.#write(), writeAfterMs).unref();
  }

  /** How all banks are, to be asked about as many as a page shows; at most some seconds old. */
  async all(): Promise<(bankId: string) => Health> {
    if (monotonicMs() - this.#readAt > readEveryMs) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return (bankId) => {
      const record = this.#records.get(bankId);
      return record ? healthOf(record) : 'good';
    };
  }

  async forgetOld(): Promise<void> {
    await deleteOldCalls(this.#db);
  }

  /** Writes what was counted last. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#write();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const counted = [...this.#counted.values()];
    this.#counted = new Map();
    if (counted.length === 0) return;
    await addCalls(this.#db, counted).catch((err: unknown) =>
      this.#logger.warn({ err }, 'how banks answer could not be noted'),
    );
  }

  async #read(): Promise<void> {
    this.#readAt = monotonicMs();
    try {
      this.#records = await recentCalls(this.#db);
    } catch (err) {
      this.#logger.warn({ err }, 'how banks answer could not be read');
    }
  }
}

import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Logger as QueueLogger,
  run,
  runMigrations,
  type WorkerEvents,
  type WorkerPool,
} from 'graphile-worker';
import type pg from 'pg';
import { dbOf } from '../postgres/pool.ts';
import type { Logger } from '../telemetry/logger.ts';
import { beat, forget, freeJobsOfTheDead } from './pool-store.ts';

/** Runs one job. The payload comes from the database, so the handler parses it. Must be safe to run twice. */
export type JobHandler = (payload: unknown) => Promise<void>;

/** Something done over and over by every worker process; must be safe to run twice at once. */
export interface Sweep {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

export interface Worker {
  /** Takes no new job, lets running ones end, gives the rest back. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly sweeps: readonly Sweep[];
  readonly concurrency: number;
}

const heartbeatEveryMs = 5_000;
/** Four missed heartbeats; goals.md R3 wants a dead worker's jobs picked up within 30 s. */
const deadAfterMs = 20_000;
const gracefulAbortMs = 5_000;

/** Creates or updates the queue's own tables. */
export async function migrateQueue(pool: pg.Pool, logger: Logger): Promise<void> {
  await runMigrations({ pgPool: pool, logger: queueLogger(logger) });
}

/** Starts taking jobs, and runs the sweeps. The schema must be there (`migrateQueue`). */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { pool, logger } = options;
  const db = dbOf(pool);
  const events: WorkerEvents = new EventEmitter();
  const poolIds = new Set<string>();
  events.on('pool:create', ({ workerPool }: { workerPool: WorkerPool }) => poolIds.add(workerPool.id));
  const runner = await run({
    pgPool: pool,
    logger: queueLogger(logger),
    events,
    taskList: { ...options.handlers },
    parsedCronItems: [],
    noHandleSignals: true,
    preset: {
      worker: {
        concurrentJobs: options.concurrency,
        pollInterval: 1_000,
        localQueue: { size: options.concurrency * 2, ttl: 60_000 },
        gracefulShutdownAbortTimeout: gracefulAbortMs,
      },
    },
  });
  const heartbeat: Sweep = {
    name: 'worker-heartbeat',
    everyMs: heartbeatEveryMs,
    run: async () => {
      for (const id of poolIds) await beat(db, id);
      const dead = await freeJobsOfTheDead(db, deadAfterMs);
      if (dead > 0) logger.warn({ dead }, 'gave back the jobs of dead workers');
    },
  };
  const sweeps = startSweeps([heartbeat, ...options.sweeps], logger);
  return {
    stop: async () => {
      await sweeps.stop();
      await runner.stop();
      for (const id of poolIds) await forget(db, id);
    },
  };
}

/** Runs each sweep at once and then at its interval; one that fails is logged and tried at its next turn. */
function startSweeps(sweeps: readonly Sweep[], logger: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loops = sweeps.map((sweep) => repeat(sweep, logger, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function repeat(sweep: Sweep, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweep.run();
    } catch (err) {
      logger.error({ err, sweep: sweep.name }, 'a sweep failed');
    }
    await delay(sweep.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The queue's own messages are for its developers; only what an operator must see goes above debug. */
function queueLogger(logger: Logger): QueueLogger {
  return new QueueLogger(() => (level, message) => {
    if (level === 'error') logger.error(message);
    else if (level === 'warning') logger.warn(message);
    else logger.debug(message);
  });
}

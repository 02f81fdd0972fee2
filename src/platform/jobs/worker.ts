import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import { endsWithin } from '../../core/deadline.ts';
import { dbOf } from '../postgres/pool.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Heartbeat } from './heartbeat.ts';
import { describeFailure } from './job-failure.ts';
import { queueLogger } from './queue-logger.ts';
import { QueueRunner, type QueueRunnerOptions } from './queue-runner.ts';
import { type Sweep, startSweeps } from './sweeps.ts';

export type { JobHandler } from './job-run.ts';
export type { Sweep } from './sweeps.ts';

export interface Worker {
  /**
   * Takes no new job and lets running ones end for `graceMs`; then gives the rest back. Always resolves,
   * within `graceMs` and a second, whatever hangs.
   */
  stop(options?: { graceMs?: number }): Promise<void>;
}

export interface WorkerOptions extends QueueRunnerOptions {
  readonly sweeps: readonly Sweep[];
}

const defaultGraceMs = 6_500;
const giveBackMs = 1_000;

/** Creates or updates the queue's own tables. */
export async function migrateQueue(pool: pg.Pool, logger: Logger): Promise<void> {
  await runMigrations({ pgPool: pool, logger: queueLogger(logger) });
}

/** Starts taking jobs, and runs the sweeps. The schema must be there (`migrateQueue`). */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { pool, logger } = options;
  const heartbeat = new Heartbeat(dbOf(pool), logger);
  const runner = new QueueRunner(options, heartbeat);
  await runner.start();
  const sweeps = startSweeps([heartbeat, ...options.sweeps], logger);
  const end = async () => {
    await Promise.all([sweeps.stop(), runner.stop()]);
    await heartbeat.forgetAll();
  };
  return {
    stop: async ({ graceMs = defaultGraceMs } = {}) => {
      const ended = end().catch((thrown: unknown) => {
        logger.error({ failure: describeFailure(thrown) }, 'the worker did not stop cleanly');
      });
      if (await endsWithin(ended, graceMs)) return;
      logger.warn('jobs still run at the end of the worker and are given back');
      runner.abandon().catch((thrown: unknown) => {
        logger.error({ failure: describeFailure(thrown) }, 'running jobs could not be given back');
      });
      await endsWithin(ended, giveBackMs);
    },
  };
}

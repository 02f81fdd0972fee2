import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Runner, run, type WorkerEvents, type WorkerPool } from 'graphile-worker';
import type pg from 'pg';
import { exponentialMs } from '../../core/backoff.ts';
import { monotonicMs } from '../../core/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Heartbeat } from './heartbeat.ts';
import { describeFailure } from './job-failure.ts';
import { type JobHandler, logGivenUp, taskOf } from './job-run.ts';
import { type PatientPool, patientPool } from './patient-pool.ts';
import { queueLogger } from './queue-logger.ts';

export interface QueueRunnerOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly concurrency: number;
}

const firstRestartMs = 1_000;
const maxRestartMs = 10_000;
/** A runner that lasted so long was well: what ended it is not what ended the one before. */
const wellAfterMs = 60_000;

/**
 * Takes and runs jobs until it is stopped. The queue ends by itself when it cannot record what became of a
 * job; and it is ended when it may hold jobs it does not know of. In both cases a new one takes its place,
 * under a new pool id, and what the old one still holds is given back when its heartbeat is missed.
 */
export class QueueRunner {
  readonly #options: QueueRunnerOptions;
  readonly #patient: PatientPool;
  readonly #stopping = new AbortController();
  readonly #abandoned = new AbortController();
  readonly #events: WorkerEvents = new EventEmitter();
  #runner: Runner | undefined;
  #workerPool: WorkerPool | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: QueueRunnerOptions, heartbeat: Heartbeat) {
    this.#options = options;
    this.#patient = patientPool(options.pool, () => this.#end(this.#runner));
    const { logger } = options;
    this.#events.on('pool:create', ({ workerPool }) => {
      this.#workerPool = workerPool;
      heartbeat.add(workerPool.id);
    });
    this.#events.on('pool:release', ({ workerPool }) => {
      if (!this.#stopping.signal.aborted) heartbeat.remove(workerPool.id);
    });
    this.#events.on('job:failed', ({ job }) => logGivenUp(job, logger));
  }

  /** Rejects if the first runner cannot be started. */
  async start(): Promise<void> {
    this.#runner = await this.#run();
    this.#ended = this.#keepRunning(this.#runner);
  }

  /** Takes no new job and lets running ones end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#end(this.#runner);
    await this.#ended;
  }

  /** Gives back what still runs, and waits for the database no longer. After `stop`, which then ends too. */
  async abandon(): Promise<void> {
    this.#abandoned.abort();
    this.#patient.giveUp();
    // Not the runner's kill(): it takes a pool that is ending for one that has ended.
    await this.#workerPool?.forcefulShutdown('the worker stops');
  }

  #run(): Promise<Runner> {
    const { logger, concurrency } = this.#options;
    const handlers = Object.entries(this.#options.handlers);
    const abandoned = this.#abandoned.signal;
    return run({
      pgPool: this.#patient.pool,
      logger: queueLogger(logger),
      events: this.#events,
      taskList: Object.fromEntries(
        handlers.map(([name, handler]) => [name, taskOf(name, handler, abandoned, logger)]),
      ),
      parsedCronItems: [],
      noHandleSignals: true,
      preset: {
        worker: {
          concurrentJobs: concurrency,
          pollInterval: 1_000,
          localQueue: { size: concurrency * 2, ttl: 60_000 },
          // In batches, even of one: only so is a job's end awaited, and an error of it heard.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    });
  }

  async #keepRunning(first: Runner): Promise<void> {
    const { logger } = this.#options;
    let runner: Runner | undefined = first;
    for (let failures = 1; ; failures += 1) {
      const startedMs = monotonicMs();
      await runner?.promise.catch((thrown: unknown) => this.#warn(thrown, 'the job queue failed'));
      if (this.#stopping.signal.aborted) return;
      if (runner !== undefined && monotonicMs() - startedMs > wellAfterMs) failures = 1;
      const restartInMs = exponentialMs(failures, firstRestartMs, maxRestartMs);
      logger.warn({ restartInMs }, 'the job queue ended by itself');
      await delay(restartInMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      runner = await this.#run().catch((thrown: unknown) =>
        this.#warn(thrown, 'the job queue did not start'),
      );
      this.#runner = runner;
      if (this.#stopping.signal.aborted) this.#end(runner);
    }
  }

  #end(runner: Runner | undefined): void {
    // Rejects only to say that it has ended already.
    runner?.stop().catch(() => undefined);
  }

  #warn(thrown: unknown, message: string): undefined {
    this.#options.logger.warn({ failure: describeFailure(thrown) }, message);
  }
}

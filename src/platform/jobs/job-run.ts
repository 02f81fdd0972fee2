import type { Job, JobHelpers, Task } from 'graphile-worker';
import type { Logger } from '../telemetry/logger.ts';
import { describeFailure, JobFailure } from './job-failure.ts';

/** Runs one job. The payload comes from the database, so the handler parses it. Must be safe to run twice. */
export type JobHandler = (payload: unknown) => Promise<void>;

/**
 * The handler as the queue runs it. Its error goes into our log without its words, and to the queue, which
 * stores it, as class and code. A run that outlives its worker tells nobody: its job was given back.
 */
export function taskOf(name: string, handler: JobHandler, abandoned: AbortSignal, logger: Logger): Task {
  return async (payload: unknown, { job }: JobHelpers) => {
    const outcome = await handler(payload).then(
      () => undefined,
      (thrown: unknown) => describeFailure(thrown),
    );
    if (abandoned.aborted) return new Promise<void>(() => undefined);
    if (outcome === undefined) return;
    logger.error({ task: name, attempt: job.attempts, failure: outcome }, 'a job failed');
    throw new JobFailure(name, outcome);
  };
}

/** The last attempt is used up: nobody runs this job again, unless its owner's sweep does. */
export function logGivenUp(job: Job, logger: Logger): void {
  logger.error(
    { task: job.task_identifier, attempts: job.attempts, ids: idsOf(job.payload) },
    'a job is given up',
  );
}

function idsOf(payload: unknown): Record<string, string | number> {
  if (typeof payload !== 'object' || payload === null) return {};
  const ids = Object.entries(payload).filter(([, value]) => /^[\w.:-]{1,100}$/.test(String(value)));
  return Object.fromEntries(ids);
}

import type { Db, Tx } from '../postgres/pool.ts';

/** Work to be done after a transaction commits. The payload holds ids only, never data. */
export interface JobRequest {
  readonly task: string;
  readonly payload: Readonly<Record<string, string | number>>;
  /** With a key, a job that waits is replaced instead of doubled. */
  readonly key?: string;
  /** Absent means at once. Counted by the database's clock, like the leases of those who run it. */
  readonly delayMs?: number;
  /** How often a crash or an unexpected error may start it again; 1 is no second time. */
  readonly maxAttempts?: number;
}

/**
 * Adds a job within the transaction that makes it necessary, so that neither exists without the other.
 * Costs a NOTIFY at commit, which serialises committers: not for the path of create and retrieve.
 */
export async function enqueue(tx: Tx, job: JobRequest): Promise<void> {
  await tx.query({
    name: 'job-enqueue',
    text: `SELECT graphile_worker.add_job($1, payload := $2::json, run_at := now() + make_interval(secs => $3::float8 / 1000), max_attempts := $4, job_key := $5)`,
    values: [job.task, JSON.stringify(job.payload), job.delayMs ?? 0, job.maxAttempts ?? 5, job.key ?? null],
  });
}

/** Whether a job with this key still waits, runs, or will be tried again. */
export async function hasLivingJob(db: Db, key: string): Promise<boolean> {
  const { rows } = await db.query<{ living: boolean }>({
    name: 'job-living',
    text: 'SELECT EXISTS (SELECT 1 FROM graphile_worker._private_jobs WHERE key = $1 AND (attempts < max_attempts OR locked_at IS NOT NULL)) AS living',
    values: [key],
  });
  return rows[0]?.living === true;
}

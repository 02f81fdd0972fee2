import type { Db } from '../postgres/pool.ts';

/** Says that this worker pool lives. By the database's clock, since processes may disagree on the time. */
export async function beat(db: Db, poolId: string): Promise<void> {
  await db.query({
    name: 'worker-pool-beat',
    text: `INSERT INTO worker_pool (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
    values: [poolId],
  });
}

export async function forget(db: Db, poolId: string): Promise<void> {
  await db.query({
    name: 'worker-pool-forget',
    text: 'DELETE FROM worker_pool WHERE id = $1',
    values: [poolId],
  });
}

/**
 * Gives back the jobs that a killed pool still holds; the queue itself would wait four hours. A job locked
 * by a pool that never beat (it died at once) counts as dead after the same time. The killed run has used
 * up one attempt. Returns how many pools were found dead.
 */
export async function freeJobsOfTheDead(db: Db, deadAfterMs: number): Promise<number> {
  const { rows } = await db.query<{ id: string }>({
    name: 'worker-pool-free',
    text: `
      WITH holders AS (
        SELECT DISTINCT locked_by AS id FROM graphile_worker._private_jobs
        WHERE locked_by IS NOT NULL AND locked_at < now() - make_interval(secs => $1::float8 / 1000)
        UNION SELECT id FROM worker_pool
      ), dead AS (
        SELECT holders.id FROM holders LEFT JOIN worker_pool USING (id)
        WHERE worker_pool.seen_at IS NULL OR worker_pool.seen_at < now() - make_interval(secs => $1::float8 / 1000)
      ), unlocked AS (
        SELECT graphile_worker.force_unlock_workers(array_agg(id)) FROM dead HAVING count(*) > 0
      ), forgotten AS (
        DELETE FROM worker_pool USING dead WHERE worker_pool.id = dead.id
      )
      SELECT dead.id FROM dead, unlocked`,
    values: [deadAfterMs],
  });
  return rows.length;
}

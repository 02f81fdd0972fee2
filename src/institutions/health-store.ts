import type { Db } from '../platform/postgres/pool.ts';
import { type HealthRecord, halfLifeMinutes, windowMinutes } from './health.ts';

export interface CountedCalls {
  readonly bankId: string;
  readonly calls: number;
  readonly failures: number;
  readonly totalMs: number;
}

/** Adds to the present minute, by the database's clock: those of the processes may differ. */
export async function addCalls(db: Db, counted: readonly CountedCalls[]): Promise<void> {
  // In one order everywhere, so that two processes never wait for each other.
  const sorted = counted.toSorted((one, other) => (one.bankId < other.bankId ? -1 : 1));
  await db.query({
    name: 'institution-health-add',
    text: `INSERT INTO institution_health AS old (bank_id, minute, calls, failures, total_ms)
           SELECT bank_id, date_trunc('minute', now()), calls, failures, total_ms
           FROM unnest($1::text[], $2::int[], $3::int[], $4::bigint[]) AS new (bank_id, calls, failures, total_ms)
           ON CONFLICT (bank_id, minute) DO UPDATE SET calls = old.calls + excluded.calls,
             failures = old.failures + excluded.failures, total_ms = old.total_ms + excluded.total_ms`,
    values: [
      sorted.map(({ bankId }) => bankId),
      sorted.map(({ calls }) => calls),
      sorted.map(({ failures }) => failures),
      sorted.map(({ totalMs }) => Math.round(totalMs)),
    ],
  });
}

/** Of the banks that were called lately. */
export async function recentCalls(db: Db): Promise<ReadonlyMap<string, HealthRecord>> {
  const { rows } = await db.query<{
    bank_id: string;
    calls: number;
    weight: number;
    failed_weight: number;
    total_ms: number;
  }>({
    name: 'institution-health-recent',
    text: `SELECT bank_id, sum(calls)::int AS calls, sum(calls * share) AS weight,
                  sum(failures * share) AS failed_weight, sum(total_ms * share) AS total_ms
           FROM institution_health, LATERAL (SELECT
             power(0.5, extract(epoch FROM now() - minute)::float8 / 60 / $2)) AS aged (share)
           WHERE minute > now() - make_interval(mins => $1) GROUP BY bank_id`,
    values: [windowMinutes, halfLifeMinutes],
  });
  return new Map(
    rows.map((row) => [
      row.bank_id,
      { calls: row.calls, weight: row.weight, failedWeight: row.failed_weight, totalMs: row.total_ms },
    ]),
  );
}

export async function deleteOldCalls(db: Db): Promise<void> {
  await db.query({
    name: 'institution-health-delete',
    text: 'DELETE FROM institution_health WHERE minute <= now() - make_interval(mins => $1)',
    values: [windowMinutes],
  });
}

import type { Db } from '../platform/postgres/pool.ts';

/** A kind of read under one consent, on one day of the bank. */
export interface CallKey {
  readonly merchantId: string;
  readonly consentId: string;
  readonly scope: string;
  /** ISO date. */
  readonly day: string;
}

/** Counts one more, for good and in one statement; false where the limit was reached, also by others just now. */
export async function spendCall(db: Db, key: CallKey, limit: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'consent-call-spend',
    text: `INSERT INTO consent_call (merchant_id, consent_id, scope, day, calls) SELECT $1, $2, $3, $4, 1 WHERE $5::int > 0
           ON CONFLICT (merchant_id, consent_id, day, scope) DO UPDATE SET calls = consent_call.calls + 1
           WHERE consent_call.calls < $5::int`,
    values: [key.merchantId, key.consentId, key.scope, key.day, limit],
  });
  return rowCount === 1;
}

/** Counts the day as used up. */
export async function exhaustCalls(db: Db, key: CallKey, limit: number): Promise<void> {
  await db.query({
    name: 'consent-call-exhaust',
    text: `INSERT INTO consent_call (merchant_id, consent_id, scope, day, calls) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (merchant_id, consent_id, day, scope) DO UPDATE SET calls = greatest(consent_call.calls, EXCLUDED.calls)`,
    values: [key.merchantId, key.consentId, key.scope, key.day, limit],
  });
}

/** What was counted on a day, by scope; what was not is not there. */
export async function findCalls(
  db: Db,
  { merchantId, consentId, day }: Omit<CallKey, 'scope'>,
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ scope: string; calls: number }>({
    name: 'consent-call-find',
    text: `SELECT scope, calls FROM consent_call WHERE merchant_id = $1 AND consent_id = $2 AND day = $3
           ORDER BY scope COLLATE "C"`,
    values: [merchantId, consentId, day],
  });
  return new Map(rows.map(({ scope, calls }) => [scope, calls]));
}

export async function deleteCallsOf(db: Db, merchantId: string, consentId: string): Promise<void> {
  await db.query({
    name: 'consent-call-delete-of',
    text: 'DELETE FROM consent_call WHERE merchant_id = $1 AND consent_id = $2',
    values: [merchantId, consentId],
  });
}

/** @param before ISO date */
export async function deleteCallsBefore(db: Db, before: string): Promise<void> {
  await db.query({
    name: 'consent-call-delete-old',
    text: 'DELETE FROM consent_call WHERE day < $1',
    values: [before],
  });
}

import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { SessionKey } from '../sessions/session.ts';
import { maxFormerBrowsers, type Visit } from './visit.ts';

interface VisitRow {
  browser_hash: Buffer;
  former_browser_hashes: Buffer[];
  bank_id: string | null;
  attempt_id: string | null;
}

export async function findVisit(db: Db, key: SessionKey): Promise<Visit | undefined> {
  const { rows } = await db.query<VisitRow>({
    name: 'flow-visit-find',
    text: `SELECT browser_hash, former_browser_hashes, bank_id, attempt_id FROM flow_visit
           WHERE merchant_id = $1 AND session_id = $2`,
    values: [key.merchantId, key.id],
  });
  const row = rows[0];
  return (
    row && {
      merchantId: key.merchantId,
      id: key.id,
      browserHash: row.browser_hash,
      formerBrowserHashes: row.former_browser_hashes,
      ...(row.bank_id !== null && { bankId: row.bank_id }),
      ...(row.attempt_id !== null && { attemptId: row.attempt_id }),
    }
  );
}

/** The sessions that this browser holds, the one last used first. */
export async function findHeldBy(db: Db, browserHash: Buffer, limit: number): Promise<SessionKey[]> {
  const { rows } = await db.query<{ merchant_id: string; session_id: string }>({
    name: 'flow-visit-held-by',
    text: `SELECT merchant_id, session_id FROM flow_visit WHERE browser_hash = $1
           ORDER BY updated_at DESC LIMIT $2`,
    values: [browserHash, limit],
  });
  return rows.map((row) => ({ merchantId: row.merchant_id, id: row.session_id }));
}

/** Makes this browser the holder. The first one starts with `bankId`; a later one goes on with what is there. */
export async function bindBrowser(
  tx: Tx,
  key: SessionKey,
  bind: { browserHash: Buffer; bankId: string | undefined; now: Date },
): Promise<void> {
  await tx.query({
    name: 'flow-visit-bind',
    text: `INSERT INTO flow_visit (merchant_id, session_id, browser_hash, bank_id, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $5)
           ON CONFLICT (merchant_id, session_id) DO UPDATE SET
             browser_hash = EXCLUDED.browser_hash, updated_at = EXCLUDED.updated_at,
             former_browser_hashes = CASE WHEN flow_visit.browser_hash = EXCLUDED.browser_hash
               THEN flow_visit.former_browser_hashes
               ELSE (ARRAY[flow_visit.browser_hash] || flow_visit.former_browser_hashes)[1:$6::int] END`,
    values: [key.merchantId, key.id, bind.browserHash, bind.bankId ?? null, bind.now, maxFormerBrowsers],
  });
}

/** Notes the user's choice; undefined is the wish to choose. Whatever was tried before is no longer shown. */
export async function chooseBank(
  tx: Tx,
  key: SessionKey,
  bankId: string | undefined,
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'flow-visit-choose',
    text: `UPDATE flow_visit SET bank_id = $3, attempt_id = NULL, updated_at = $4
           WHERE merchant_id = $1 AND session_id = $2`,
    values: [key.merchantId, key.id, bankId ?? null, now],
  });
}

export async function showAttempt(tx: Tx, key: SessionKey, attemptId: string, now: Date): Promise<void> {
  await tx.query({
    name: 'flow-visit-show-attempt',
    text: `UPDATE flow_visit SET attempt_id = $3, updated_at = $4 WHERE merchant_id = $1 AND session_id = $2`,
    values: [key.merchantId, key.id, attemptId, now],
  });
}

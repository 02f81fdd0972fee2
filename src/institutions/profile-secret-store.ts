import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { ProfiledBank } from './profile-secret.ts';

/** What is sealed of these, by id. */
export async function findSealedHeaders(
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const { rows } = await db.query<{ id: string; sealed_headers: Buffer }>({
    name: 'institution-headers',
    text: 'SELECT id, sealed_headers FROM institution WHERE id = ANY($1) AND sealed_headers IS NOT NULL',
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, row.sealed_headers]));
}

/** Some profiles whose headers are as they were before there was a seal; nobody else gets them meanwhile. */
export async function lockUnsealed(tx: Tx, limit: number): Promise<ProfiledBank[]> {
  const { rows } = await tx.query<ProfiledBank>({
    name: 'institution-unsealed',
    text: `SELECT id, profile FROM institution WHERE profile ? 'headers' LIMIT $1 FOR UPDATE SKIP LOCKED`,
    values: [limit],
  });
  return rows;
}

export async function sealHeaders(
  tx: Tx,
  { id, profile }: ProfiledBank,
  sealed: Buffer | undefined,
): Promise<void> {
  await tx.query({
    name: 'institution-seal',
    text: 'UPDATE institution SET profile = $2, sealed_headers = $3 WHERE id = $1',
    values: [id, JSON.stringify(profile), sealed ?? null],
  });
}

/** How many banks of the list (or of all) have headers, and whether any of them is sealed. */
export async function countHeaders(
  tx: Tx,
  source: string | undefined,
): Promise<{ banks: number; sealed: boolean }> {
  const { rows } = await tx.query<{ banks: number; sealed: boolean | null }>({
    name: 'institution-count-headers',
    text: `SELECT count(*)::int AS banks, bool_or(sealed_headers IS NOT NULL) AS sealed FROM institution
           WHERE withdrawn_at IS NULL AND ($1::text IS NULL OR source = $1)
             AND (sealed_headers IS NOT NULL OR profile ? 'headers')`,
    values: [source ?? null],
  });
  return { banks: rows[0]?.banks ?? 0, sealed: rows[0]?.sealed ?? false };
}

import type { Db, Tx } from '../platform/postgres/pool.ts';
import { normaliserVersion } from './bank-data.ts';
import type { DataOwner } from './owner.ts';
import type { Chunk, KnownRow } from './transaction-row.ts';

/** Whose data to look at; absent: everybody's. */
export interface Scope {
  readonly merchantId?: string | undefined;
  readonly sessionId?: string | undefined;
}

const hasOldChunk = `EXISTS (SELECT 1 FROM transaction_chunk chunk WHERE chunk.merchant_id = data.merchant_id
  AND chunk.session_id = data.session_id AND chunk.normaliser_version < $1)`;

/** Sessions of which something was made by older rules, in one order, behind one of them. */
export async function findOutdated(
  db: Db,
  { merchantId, sessionId }: Scope,
  after: DataOwner | undefined,
  limit: number,
): Promise<DataOwner[]> {
  const { rows } = await db.query<{ merchant_id: string; session_id: string }>({
    name: 'outdated-find',
    text: `SELECT merchant_id, session_id FROM bank_data data
           WHERE ($2::text IS NULL OR merchant_id = $2) AND ($3::uuid IS NULL OR session_id = $3)
             AND ($4::text IS NULL OR (merchant_id, session_id) > ($4, $5::uuid))
             AND (normaliser_version < $1 OR ${hasOldChunk})
           ORDER BY merchant_id, session_id LIMIT $6`,
    values: [
      normaliserVersion,
      merchantId ?? null,
      sessionId ?? null,
      after?.merchantId ?? null,
      after?.sessionId ?? null,
      limit,
    ],
  });
  return rows.map((row) => ({ merchantId: row.merchant_id, sessionId: row.session_id }));
}

/** What of a session was made by older rules. */
export async function outdatedOf(
  db: Db,
  owner: DataOwner,
): Promise<{ readonly document: boolean; readonly chunks: boolean }> {
  const { rows } = await db.query<{ document: boolean; chunks: boolean }>({
    name: 'outdated-of',
    text: `SELECT normaliser_version < $1 AS document, ${hasOldChunk} AS chunks FROM bank_data data
           WHERE merchant_id = $2 AND session_id = $3`,
    values: [normaliserVersion, owner.merchantId, owner.sessionId],
  });
  return rows[0] ?? { document: false, chunks: false };
}

/** Published chunks of older rules, in the order in which they were written. */
export async function findOutdatedChunks(
  db: Db,
  owner: DataOwner,
  publishedFetch: number,
  after: Chunk | undefined,
  limit: number,
): Promise<Chunk[]> {
  const { rows } = await db.query<{ fetch_no: number; chunk_no: number; account_id: string }>({
    name: 'outdated-chunks',
    text: `SELECT fetch_no, chunk_no, account_id FROM transaction_chunk
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no <= $3 AND normaliser_version < $4
             AND (fetch_no, chunk_no) > ($5, $6)
           ORDER BY fetch_no, chunk_no LIMIT $7`,
    values: [
      owner.merchantId,
      owner.sessionId,
      publishedFetch,
      normaliserVersion,
      after?.fetchNo ?? 0,
      after?.chunkNo ?? -1,
      limit,
    ],
  });
  return rows.map((row) => ({ fetchNo: row.fetch_no, chunkNo: row.chunk_no, accountId: row.account_id }));
}

/** The living rows of these chunks, in their order. */
export async function findRowsIn(db: Db, owner: DataOwner, chunks: readonly Chunk[]): Promise<KnownRow[]> {
  const { rows } = await db.query<{
    id: string;
    account_id: string;
    at: Date;
    fetch_no: number;
    first_fetch_no: number;
    chunk_no: number;
    position: number;
  }>({
    name: 'outdated-rows',
    text: `SELECT row.id, row.account_id, row.at, row.fetch_no, row.first_fetch_no, row.chunk_no, row.position
           FROM bank_transaction row
           JOIN unnest($3::int[], $4::int[]) AS wanted (fetch_no, chunk_no) USING (fetch_no, chunk_no)
           WHERE row.merchant_id = $1 AND row.session_id = $2 AND NOT row.removed
           ORDER BY row.fetch_no, row.chunk_no, row.position`,
    values: [
      owner.merchantId,
      owner.sessionId,
      chunks.map(({ fetchNo }) => fetchNo),
      chunks.map(({ chunkNo }) => chunkNo),
    ],
  });
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    at: row.at,
    fetchNo: row.fetch_no,
    chunkNo: row.chunk_no,
    position: row.position,
    firstFetch: row.first_fetch_no,
    removed: false,
  }));
}

/** All rows of these chunks are as today's rules make them, here or where they were written anew. */
export async function markCurrent(tx: Tx, owner: DataOwner, chunks: readonly Chunk[]): Promise<void> {
  if (chunks.length === 0) return;
  await tx.query({
    name: 'outdated-mark-current',
    text: `UPDATE transaction_chunk chunk SET normaliser_version = $3
           FROM unnest($4::int[], $5::int[]) AS done (fetch_no, chunk_no)
           WHERE chunk.merchant_id = $1 AND chunk.session_id = $2
             AND chunk.fetch_no = done.fetch_no AND chunk.chunk_no = done.chunk_no`,
    values: [
      owner.merchantId,
      owner.sessionId,
      normaliserVersion,
      chunks.map(({ fetchNo }) => fetchNo),
      chunks.map(({ chunkNo }) => chunkNo),
    ],
  });
}

import type { Db, Tx } from '../platform/postgres/pool.ts';
import { normaliserVersion } from './bank-data.ts';
import type { FeedPosition } from './feed.ts';
import { FetchSuperseded } from './fetch.ts';
import type { Ledger } from './ledger-store.ts';
import type { DataOwner } from './owner.ts';
import type { KnownRow, TransactionRow } from './transaction-row.ts';

/** Transactions that are sealed together, and that one statement writes. */
export const chunkRows = 250;

/** A chunk and the rows that lie in it, in their order. */
export interface NewChunk {
  readonly accountId: string;
  readonly chunkNo: number;
  readonly sealed: Buffer;
  readonly rows: readonly NewRow[];
}

export interface NewRow {
  readonly id: string;
  readonly at: Date;
  readonly pending: boolean;
  readonly firstFetch: number;
}

/**
 * Adds a chunk to an unpublished fetch. The commit does not wait for the disk: nobody sees the chunk before it is
 * published, that commit does wait, and before it `isWhole` asks whether a crash of the database has taken one.
 *
 * @throws FetchSuperseded
 */
export async function appendChunk(db: Db, ledger: Ledger, chunk: NewChunk): Promise<void> {
  const { owner, fetchNo, token } = ledger;
  const { rows: answers } = await db.query<{ owned: boolean }>({
    name: 'transaction-append',
    text: `WITH ledger AS (
             SELECT set_config('synchronous_commit', 'off', true) FROM transaction_ledger
             WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $4 FOR SHARE
           ), chunk AS (
             INSERT INTO transaction_chunk (merchant_id, session_id, fetch_no, chunk_no, account_id, sealed,
               normaliser_version)
             SELECT $1, $2, $3, $5, $6, $7, $12 FROM ledger
           ), appended AS (
             INSERT INTO bank_transaction (merchant_id, session_id, id, fetch_no, first_fetch_no, account_id, at, pending,
               chunk_no, position)
             SELECT $1, $2, sent.id, $3, sent.first_fetch_no, $6, to_timestamp(sent.at_ms / 1000.0), sent.pending, $5,
               sent.position - 1
             FROM ledger CROSS JOIN unnest(string_to_array($8, ','), string_to_array($9, ',')::bigint[],
                 string_to_array($10, ',')::boolean[], string_to_array($11, ',')::int[])
               WITH ORDINALITY AS sent (id, at_ms, pending, first_fetch_no, position)
           )
           SELECT EXISTS (SELECT 1 FROM ledger) AS owned`,
    values: [
      owner.merchantId,
      owner.sessionId,
      fetchNo,
      token,
      chunk.chunkNo,
      chunk.accountId,
      chunk.sealed,
      // Lists of what has no comma in it, as text: the driver prints real arrays element by element, at four times the cost.
      chunk.rows.map(({ id }) => id).join(),
      chunk.rows.map(({ at }) => at.getTime()).join(),
      chunk.rows.map(({ pending }) => pending).join(),
      chunk.rows.map(({ firstFetch }) => firstFetch).join(),
      normaliserVersion,
    ],
  });
  if (answers[0]?.owned !== true) throw new FetchSuperseded('another run reads this session');
}

/** Whether all that this run has written is there. */
export async function isWhole(tx: Tx, { owner, fetchNo }: Ledger, chunks: number): Promise<boolean> {
  const { rows } = await tx.query<{ count: number }>({
    name: 'transaction-count-chunks',
    text: `SELECT count(*)::int AS count FROM transaction_chunk
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no = $3`,
    values: [owner.merchantId, owner.sessionId, fetchNo],
  });
  return rows[0]?.count === chunks;
}

/** Takes back what this run has brought of one account; what another run has written since is that run's. */
export async function discardAccount(db: Db, ledger: Ledger, accountId: string): Promise<void> {
  const { owner, fetchNo, token } = ledger;
  await db.query({
    name: 'transaction-discard-account',
    text: `WITH ledger AS (
             SELECT 1 FROM transaction_ledger
             WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $5 FOR SHARE
           ), chunks AS (
             DELETE FROM transaction_chunk USING ledger
             WHERE merchant_id = $1 AND session_id = $2 AND fetch_no = $3 AND account_id = $4
           )
           DELETE FROM bank_transaction USING ledger
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no = $3 AND account_id = $4`,
    values: [owner.merchantId, owner.sessionId, fetchNo, accountId, token],
  });
}

interface StoredRow {
  id: string;
  account_id: string;
  at: Date;
  fetch_no: number;
  first_fetch_no: number;
  removed: boolean;
  chunk_no: number;
  position: number;
}

const columns = 'id, account_id, at, fetch_no, first_fetch_no, removed, chunk_no, position';

/** Of these ids, what earlier fetches know. */
export async function findKnown(db: Db, ledger: Ledger, ids: readonly string[]): Promise<KnownRow[]> {
  const { owner, fetchNo } = ledger;
  const { rows } = await db.query<StoredRow>({
    name: 'transaction-known',
    text: `SELECT ${columns} FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND id = ANY ($4::text[]) AND fetch_no < $3`,
    values: [owner.merchantId, owner.sessionId, fetchNo, ids],
  });
  return rows.map(toRow);
}

/** Which published rows, newest first. */
export interface RowFilter {
  readonly publishedFetch: number;
  readonly accountId?: string | undefined;
  /** Not before this moment, and before that one. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** The last row of the page before. */
  readonly after?: { readonly at: Date; readonly id: string } | undefined;
  readonly limit: number;
}

export async function findRows(db: Db, owner: DataOwner, filter: RowFilter): Promise<TransactionRow[]> {
  const { rows } = await db.query<StoredRow>({
    name: 'transaction-find',
    text: `SELECT ${columns} FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no <= $3 AND NOT removed
             AND ($4::text IS NULL OR account_id = $4)
             AND at >= COALESCE($5::timestamptz, '-infinity') AND at < COALESCE($6::timestamptz, 'infinity')
             AND (at, id) < (COALESCE($7::timestamptz, 'infinity'), COALESCE($8::text, ''))
           ORDER BY at DESC, id DESC LIMIT $9`,
    values: [
      owner.merchantId,
      owner.sessionId,
      filter.publishedFetch,
      filter.accountId ?? null,
      filter.from ?? null,
      filter.before ?? null,
      filter.after?.at ?? null,
      filter.after?.id ?? null,
      filter.limit,
    ],
  });
  return rows.map(toRow);
}

/** The moment of the oldest transaction of these accounts that is pending still. */
export async function findOldestPending(
  db: Db,
  owner: DataOwner,
  publishedFetch: number,
  accountIds: readonly string[],
): Promise<Date | undefined> {
  const { rows } = await db.query<{ at: Date | null }>({
    name: 'transaction-oldest-pending',
    text: `SELECT min(at) AS at FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no <= $3 AND pending AND NOT removed
             AND account_id = ANY ($4::text[])`,
    values: [owner.merchantId, owner.sessionId, publishedFetch, accountIds],
  });
  return rows[0]?.at ?? undefined;
}

function toRow(row: StoredRow): KnownRow {
  return {
    id: row.id,
    accountId: row.account_id,
    at: row.at,
    fetchNo: row.fetch_no,
    firstFetch: row.first_fetch_no,
    removed: row.removed,
    chunkNo: row.chunk_no,
    position: row.position,
  };
}

/** What changed after one fetch, up to another, in the order in which it lies in the chunks. */
export interface ChangeFilter {
  /** The client has all up to this fetch. */
  readonly since: number;
  /** What a later fetch wrote belongs to the client's next round. */
  readonly until: number;
  readonly after: FeedPosition | undefined;
  readonly limit: number;
}

export async function findChanges(db: Db, owner: DataOwner, filter: ChangeFilter): Promise<KnownRow[]> {
  const { since, until, after, limit } = filter;
  const { rows } = await db.query<StoredRow>({
    name: 'transaction-changes',
    text: `SELECT ${columns} FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no > $3 AND fetch_no <= $4
             AND NOT (removed AND first_fetch_no > $3) AND (fetch_no, chunk_no, position, id) > ($5, $6, $7, $8)
           ORDER BY fetch_no, chunk_no, position, id LIMIT $9`,
    values: [
      owner.merchantId,
      owner.sessionId,
      since,
      until,
      after?.fetchNo ?? 0,
      after?.chunkNo ?? 0,
      after?.position ?? 0,
      after?.id ?? '',
      limit,
    ],
  });
  return rows.map(toRow);
}

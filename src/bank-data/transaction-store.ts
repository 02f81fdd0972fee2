import type { Db } from '../platform/postgres/pool.ts';
import { FetchSuperseded } from './fetch.ts';
import type { Ledger } from './ledger-store.ts';
import type { DataOwner } from './owner.ts';
import type { TransactionRow } from './transaction-row.ts';

/** Rows that one statement writes, and that are sealed without letting others run. */
export const batchRows = 250;

/**
 * Adds rows to an unpublished fetch; those that say what is known already are left out. All sealed bytes travel as
 * one parameter, cut apart by the database: an array of bytes would travel as hexadecimal text.
 *
 * @throws FetchSuperseded
 */
export async function appendRows(db: Db, ledger: Ledger, rows: readonly TransactionRow[]): Promise<void> {
  const { owner, fetchNo, token } = ledger;
  const { bytes, cuts } = packed(rows);
  const { rows: answers } = await db.query<{ owned: boolean }>({
    name: 'transaction-append',
    text: `WITH ledger AS (
             SELECT 1 FROM transaction_ledger
             WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $4 FOR SHARE
           ), cut AS (
             SELECT * FROM unnest($6::text[], $7::text[], $8::timestamptz[], $9::boolean[], $10::int[], $11::int[], $12::int[], $13::int[])
               AS cut (id, account_id, at, pending, mac_at, data_at, raw_at, end_at)
           ), sent AS (
             SELECT id, account_id, at, pending, substring($5::bytea FROM mac_at FOR data_at - mac_at) AS mac,
               substring($5::bytea FROM data_at FOR raw_at - data_at) AS data,
               substring($5::bytea FROM raw_at FOR end_at - raw_at) AS raw
             FROM cut
           ), appended AS (
             INSERT INTO bank_transaction (merchant_id, session_id, id, fetch_no, first_fetch_no, account_id, at, pending,
               content_mac, sealed_data, sealed_raw)
             SELECT $1, $2, sent.id, $3, CASE WHEN known.removed IS FALSE THEN known.first_fetch_no ELSE $3 END,
               sent.account_id, sent.at, sent.pending, sent.mac, sent.data, sent.raw
             FROM ledger CROSS JOIN sent
             LEFT JOIN bank_transaction known ON known.merchant_id = $1 AND known.session_id = $2
               AND known.id = sent.id AND known.fetch_no < $3
             WHERE known.content_mac IS DISTINCT FROM sent.mac
             ON CONFLICT (merchant_id, session_id, id, fetch_no) DO NOTHING
           )
           SELECT EXISTS (SELECT 1 FROM ledger) AS owned`,
    values: [
      owner.merchantId,
      owner.sessionId,
      fetchNo,
      token,
      bytes,
      rows.map(({ id }) => id),
      rows.map(({ accountId }) => accountId),
      rows.map(({ at }) => at.toISOString()),
      rows.map(({ pending }) => pending),
      ...cuts,
    ],
  });
  if (answers[0]?.owned !== true) throw new FetchSuperseded('another run reads this session');
}

/** Digest, data and raw of each row behind each other, and where each begins and the last ends, counted from 1. */
function packed(rows: readonly TransactionRow[]): { bytes: Buffer; cuts: readonly (readonly number[])[] } {
  const pieces: Buffer[] = [];
  const cuts: [number[], number[], number[], number[]] = [[], [], [], []];
  let at = 1;
  for (const { contentMac, sealedData, sealedRaw } of rows) {
    for (const [index, piece] of [contentMac, sealedData, sealedRaw].entries()) {
      cuts[index]?.push(at);
      pieces.push(piece);
      at += piece.length;
    }
    cuts[3].push(at);
  }
  return { bytes: Buffer.concat(pieces), cuts };
}

/** Takes back what this run has brought of one account; what another run has written since is that run's. */
export async function discardAccount(db: Db, ledger: Ledger, accountId: string): Promise<void> {
  const { owner, fetchNo, token } = ledger;
  await db.query({
    name: 'transaction-discard-account',
    text: `WITH ledger AS (
             SELECT 1 FROM transaction_ledger
             WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $5 FOR SHARE
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
  sealed_data: Buffer;
}

/** A row as readers get it: still sealed. */
export type SealedRow = Pick<TransactionRow, 'id' | 'accountId' | 'at' | 'sealedData'>;

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

export async function findRows(db: Db, owner: DataOwner, filter: RowFilter): Promise<SealedRow[]> {
  const { rows } = await db.query<StoredRow>({
    name: 'transaction-find',
    text: `SELECT id, account_id, at, sealed_data FROM bank_transaction
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
  return rows.map(toSealedRow);
}

/** The moment of the oldest transaction since another that is pending still. */
export async function findOldestPending(
  db: Db,
  owner: DataOwner,
  publishedFetch: number,
  since: Date,
): Promise<Date | undefined> {
  const { rows } = await db.query<{ at: Date | null }>({
    name: 'transaction-oldest-pending',
    text: `SELECT min(at) AS at FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no <= $3 AND at >= $4 AND pending AND NOT removed`,
    values: [owner.merchantId, owner.sessionId, publishedFetch, since],
  });
  return rows[0]?.at ?? undefined;
}

function toSealedRow({ id, account_id, at, sealed_data }: StoredRow): SealedRow {
  return { id, accountId: account_id, at, sealedData: sealed_data };
}

/** What changed after one fetch, seen up to another: rows in the order of their ids. */
export interface ChangeFilter {
  readonly publishedFetch: number;
  /** The client has all up to this fetch. */
  readonly since: number;
  /** What came for the first time after this fetch belongs to the client's next round. */
  readonly until: number;
  readonly afterId: string;
  readonly limit: number;
}

export interface ChangedRow extends SealedRow {
  readonly removed: boolean;
  readonly firstFetch: number;
}

export async function findChanges(db: Db, owner: DataOwner, filter: ChangeFilter): Promise<ChangedRow[]> {
  const { rows } = await db.query<{
    id: string;
    account_id: string;
    at: Date;
    sealed_data: Buffer | null;
    removed: boolean;
    first_fetch_no: number;
  }>({
    name: 'transaction-changes',
    text: `SELECT id, account_id, at, sealed_data, removed, first_fetch_no FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND id > $6 AND fetch_no <= $3 AND fetch_no > $4
             AND first_fetch_no <= $5 AND NOT (removed AND first_fetch_no > $4)
           ORDER BY id LIMIT $7`,
    values: [
      owner.merchantId,
      owner.sessionId,
      filter.publishedFetch,
      filter.since,
      filter.until,
      filter.afterId,
      filter.limit,
    ],
  });
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    at: row.at,
    sealedData: row.sealed_data ?? Buffer.alloc(0),
    removed: row.removed,
    firstFetch: row.first_fetch_no,
  }));
}

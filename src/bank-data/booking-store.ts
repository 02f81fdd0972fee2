import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { Ledger } from './ledger-store.ts';
import type { TransactionRow } from './transaction-row.ts';

/** A pending transaction, whichever session of the merchant saw it. */
export interface PendingRow extends TransactionRow {
  readonly sessionId: string;
}

/** Only one publication at a time may decide what an account's bookings are. Ends with the transaction. */
export async function holdAccount(tx: Tx, merchantId: string, accountId: string): Promise<void> {
  await tx.query({
    name: 'booking-hold-account',
    text: `SELECT pg_advisory_xact_lock(hashtextextended($1, 20260100))`,
    values: [JSON.stringify(['bank_transaction', merchantId, accountId])],
  });
}

/**
 * Published pending rows of an account, each id once: all of this fetch's session, however long it was not refreshed,
 * and those of other sessions since a moment. Without those that the session of this fetch knows as booked already.
 */
export async function findPending(
  db: Db,
  { owner }: Ledger,
  accountId: string,
  othersSince: Date | undefined,
): Promise<PendingRow[]> {
  const { rows } = await db.query<Located & { session_id: string }>({
    name: 'booking-find-pending',
    text: `SELECT * FROM (
             SELECT DISTINCT ON (row.id) row.session_id, row.id, row.at, row.fetch_no, row.chunk_no, row.position
             FROM bank_transaction row JOIN transaction_ledger ledger USING (merchant_id, session_id)
             WHERE row.merchant_id = $1 AND row.account_id = $3 AND row.pending AND NOT row.removed
               AND (row.session_id = $2 OR row.at >= coalesce($4::timestamptz, 'infinity'))
               AND row.fetch_no <= ledger.published_fetch
               AND NOT EXISTS (
                 SELECT 1 FROM bank_transaction own WHERE own.merchant_id = $1 AND own.session_id = $2
                   AND own.id = row.id AND NOT own.pending AND NOT own.removed)
             ORDER BY row.id, row.session_id = $2 DESC) AS found
           ORDER BY session_id = $2 DESC, at DESC LIMIT 1000`,
    values: [owner.merchantId, owner.sessionId, accountId, othersSince ?? null],
  });
  return rows.map((row) => ({ sessionId: row.session_id, ...located(row, accountId) }));
}

/** The moment of the oldest row that this fetch brought, that is booked and was not known before. */
export async function findEarliestBooked(
  db: Db,
  { owner, fetchNo }: Ledger,
  accountId: string,
): Promise<Date | undefined> {
  const { rows } = await db.query<{ at: Date | null }>({
    name: 'booking-find-earliest',
    text: `SELECT min(at) AS at FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND account_id = $4
             AND fetch_no = $3 AND first_fetch_no = $3 AND NOT pending AND NOT removed`,
    values: [owner.merchantId, owner.sessionId, fetchNo, accountId],
  });
  return rows[0]?.at ?? undefined;
}

/**
 * What this fetch brought that is booked and was not known before, since a moment. Without what has the id of a pending
 * transaction already: that is settled.
 */
export async function findNewBooked(
  db: Db,
  { owner, fetchNo }: Ledger,
  accountId: string,
  since: Date,
): Promise<TransactionRow[]> {
  const { rows } = await db.query<Located>({
    name: 'booking-find-new',
    text: `SELECT id, at, fetch_no, chunk_no, position FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND at >= $5 AND account_id = $4
             AND fetch_no = $3 AND first_fetch_no = $3 AND NOT pending AND NOT removed
             AND NOT EXISTS (SELECT 1 FROM transaction_alias alias
               WHERE alias.merchant_id = $1 AND alias.account_id = $4 AND alias.id = bank_transaction.id)
           ORDER BY at DESC, id DESC LIMIT 5000`,
    values: [owner.merchantId, owner.sessionId, fetchNo, accountId, since],
  });
  return rows.map((row) => located(row, accountId));
}

/**
 * Of what is pending, by id, the booked ones that it is not: some session of the merchant saw both at the same time.
 */
export async function findOthers(
  db: Db,
  { owner }: Ledger,
  accountId: string,
  pendingIds: readonly string[],
  bookedIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { rows } = await db.query<{ id: string; booked_ids: string[] }>({
    name: 'booking-find-others',
    text: `SELECT pending.id, array_agg(booked.id) AS booked_ids
           FROM bank_transaction pending JOIN transaction_ledger ledger USING (merchant_id, session_id)
             JOIN bank_transaction booked USING (merchant_id, session_id)
           WHERE pending.merchant_id = $1 AND pending.account_id = $2 AND pending.id = ANY ($3::text[])
             AND pending.pending AND NOT pending.removed AND pending.fetch_no <= ledger.published_fetch
             AND booked.id = ANY ($4::text[])
             AND NOT booked.pending AND NOT booked.removed AND booked.fetch_no <= ledger.published_fetch
           GROUP BY pending.id`,
    values: [owner.merchantId, accountId, pendingIds, bookedIds],
  });
  return new Map(rows.map((row) => [row.id, new Set(row.booked_ids)]));
}

interface Located {
  id: string;
  at: Date;
  fetch_no: number;
  chunk_no: number;
  position: number;
}

function located(row: Located, accountId: string): TransactionRow {
  const { id, at, fetch_no: fetchNo, chunk_no: chunkNo, position } = row;
  return { id, accountId, at, fetchNo, chunkNo, position };
}

/**
 * Gives bookings that are new here the ids that another session's publication has given them since they were read.
 * What is known here under either name stays as it is.
 */
export async function adoptAliases(tx: Tx, { owner, fetchNo }: Ledger, accountId: string): Promise<void> {
  await tx.query({
    name: 'booking-adopt-aliases',
    text: `UPDATE bank_transaction booked SET id = alias.id FROM transaction_alias alias
           WHERE alias.merchant_id = $1 AND alias.account_id = $4 AND alias.booked_id <> alias.id
             AND booked.merchant_id = $1 AND booked.session_id = $2 AND booked.id = alias.booked_id
             AND booked.fetch_no = $3 AND booked.first_fetch_no = $3 AND NOT booked.pending
             AND NOT EXISTS (SELECT 1 FROM bank_transaction known
               WHERE known.merchant_id = $1 AND known.session_id = $2 AND known.id = alias.id)`,
    values: [owner.merchantId, owner.sessionId, fetchNo, accountId],
  });
}

/** Gives a booked row of this fetch the id under which it was pending. */
export async function renameRow(tx: Tx, ledger: Ledger, from: string, to: string): Promise<void> {
  const { owner, fetchNo } = ledger;
  await tx.query({
    name: 'booking-rename',
    text: `UPDATE bank_transaction booked SET id = $5,
             first_fetch_no = COALESCE((SELECT first_fetch_no FROM bank_transaction known WHERE known.merchant_id = $1
               AND known.session_id = $2 AND known.id = $5 AND known.fetch_no < $3 AND NOT known.removed), first_fetch_no)
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_no = $3 AND id = $4`,
    values: [owner.merchantId, owner.sessionId, fetchNo, from, to],
  });
}

/** A pending transaction that the bank no longer shows: only its id stays, to be told as removed. */
export async function removeRows(tx: Tx, { owner, fetchNo }: Ledger, ids: readonly string[]): Promise<void> {
  await tx.query({
    name: 'booking-remove',
    text: `INSERT INTO bank_transaction (merchant_id, session_id, id, fetch_no, first_fetch_no, account_id, at, pending, removed)
           SELECT merchant_id, session_id, id, $3, first_fetch_no, account_id, at, true, true FROM bank_transaction
           WHERE merchant_id = $1 AND session_id = $2 AND id = ANY ($4::text[]) AND fetch_no < $3 AND NOT removed
           ON CONFLICT (merchant_id, session_id, id, fetch_no) DO NOTHING`,
    values: [owner.merchantId, owner.sessionId, fetchNo, ids],
  });
}

/**
 * Of each row that this fetch wrote anew, the older state goes, and chunks in which nothing is left. Both statements
 * cost as many steps as there are rows, whatever the planner knows of a table that has just been written.
 */
export async function dropSuperseded(tx: Tx, { owner, fetchNo }: Ledger): Promise<void> {
  await tx.query({
    name: 'booking-drop-superseded',
    text: `DELETE FROM bank_transaction WHERE merchant_id = $1 AND session_id = $2 AND fetch_no < $3
             AND id = ANY (ARRAY(SELECT id FROM bank_transaction
               WHERE merchant_id = $1 AND session_id = $2 AND fetch_no = $3))`,
    values: [owner.merchantId, owner.sessionId, fetchNo],
  });
  await tx.query({
    name: 'booking-drop-chunks',
    text: `WITH filled AS MATERIALIZED (
             SELECT DISTINCT fetch_no, chunk_no FROM bank_transaction WHERE merchant_id = $1 AND session_id = $2
           )
           DELETE FROM transaction_chunk chunk WHERE merchant_id = $1 AND session_id = $2 AND NOT EXISTS (
             SELECT 1 FROM filled WHERE filled.fetch_no = chunk.fetch_no AND filled.chunk_no = chunk.chunk_no)`,
    values: [owner.merchantId, owner.sessionId],
  });
}

/**
 * The ids that transactions of an account keep: from when they were pending, or from an older mapping. What the session
 * knows under its own name already stays what it is there.
 */
export async function findAliases(
  db: Db,
  { owner, fetchNo }: Ledger,
  accountId: string,
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ booked_id: string; id: string }>({
    name: 'alias-find',
    // Grouped, not joined: a join is planned by statistics, which a table that has just been written lacks.
    text: `SELECT booked_id, max(id) AS id FROM (
             SELECT booked_id, id, false AS own FROM transaction_alias WHERE merchant_id = $1 AND account_id = $3
             UNION ALL
             SELECT id, NULL, true FROM bank_transaction WHERE merchant_id = $1 AND session_id = $2 AND account_id = $3
               AND fetch_no < $4 AND NOT removed
               AND EXISTS (SELECT 1 FROM transaction_alias WHERE merchant_id = $1 AND account_id = $3)
           ) AS known GROUP BY booked_id HAVING NOT bool_or(own)`,
    values: [owner.merchantId, owner.sessionId, accountId, fetchNo],
  });
  return new Map(rows.map((row) => [row.booked_id, row.id]));
}

/** Ids of pending transactions of an account that a booking has taken: whatever is pending under one now is another. */
export async function findTakenIds(
  db: Db,
  { owner }: Ledger,
  accountId: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>({
    name: 'alias-find-taken',
    text: `SELECT DISTINCT id FROM transaction_alias WHERE merchant_id = $1 AND account_id = $2`,
    values: [owner.merchantId, accountId],
  });
  return new Set(rows.map(({ id }) => id));
}

export async function saveAliases(
  tx: Tx,
  merchantId: string,
  accountId: string,
  aliases: ReadonlyMap<string, string>,
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'alias-save',
    text: `INSERT INTO transaction_alias (merchant_id, account_id, booked_id, id, created_at)
           SELECT $1, $2, alias.booked_id, alias.id, $5 FROM unnest($3::text[], $4::text[]) AS alias (booked_id, id)
           ON CONFLICT (merchant_id, account_id, booked_id) DO NOTHING`,
    values: [merchantId, accountId, [...aliases.keys()], [...aliases.values()], now],
  });
}

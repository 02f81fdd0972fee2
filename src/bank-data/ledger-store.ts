import { uuidv7 } from '../core/ids.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import { FetchSuperseded } from './fetch.ts';
import type { DataOwner } from './owner.ts';

/** What a run of the fetch writes under. */
export interface Ledger {
  readonly owner: DataOwner;
  /** Counted from 1; rows of it are invisible until it is published. */
  readonly fetchNo: number;
  /** Names the run: another run's token in the row means that this one was taken for dead. */
  readonly token: string;
}

/** Takes the ledger for a new run, and clears away what an earlier one left unpublished. */
export async function beginFetch(tx: Tx, owner: DataOwner, now: Date): Promise<Ledger> {
  const token = uuidv7(now);
  const { rows } = await tx.query<{ published_fetch: number }>({
    name: 'ledger-begin',
    text: `INSERT INTO transaction_ledger AS ledger (merchant_id, session_id, published_fetch, fetch_token,
             fetch_begun_at)
           VALUES ($1, $2, 0, $3, now())
           ON CONFLICT (merchant_id, session_id) DO UPDATE SET fetch_token = EXCLUDED.fetch_token,
             fetch_begun_at = EXCLUDED.fetch_begun_at
           RETURNING ledger.published_fetch`,
    values: [owner.merchantId, owner.sessionId, token],
  });
  return cleared(tx, owner, token, rows[0]?.published_fetch ?? 0);
}

/**
 * Takes the ledger to write anew what is published. Undefined while the bank is read, which goes before; a read that
 * began this long ago is taken for dead.
 */
export async function beginMending(
  tx: Tx,
  owner: DataOwner,
  patienceMs: number,
  now: Date,
): Promise<Ledger | undefined> {
  const token = uuidv7(now);
  const { rows } = await tx.query<{ published_fetch: number }>({
    name: 'ledger-begin-mending',
    text: `UPDATE transaction_ledger SET fetch_token = $3, fetch_begun_at = NULL
           WHERE merchant_id = $1 AND session_id = $2 AND published_fetch > 0
             AND (fetch_token IS NULL OR fetch_begun_at IS NULL
               OR fetch_begun_at <= now() - make_interval(secs => $4::float8 / 1000))
           RETURNING published_fetch`,
    values: [owner.merchantId, owner.sessionId, token, patienceMs],
  });
  return rows[0] && cleared(tx, owner, token, rows[0].published_fetch);
}

async function cleared(tx: Tx, owner: DataOwner, token: string, published: number): Promise<Ledger> {
  await clear(tx, owner, published);
  return { owner, token, fetchNo: published + 1 };
}

/** What an earlier run has left unpublished goes. */
async function clear(tx: Tx, owner: DataOwner, published: number): Promise<void> {
  for (const table of ['bank_transaction', 'transaction_chunk'])
    await tx.query({
      name: `ledger-clear-${table}`,
      text: `DELETE FROM ${table} WHERE merchant_id = $1 AND session_id = $2 AND fetch_no > $3`,
      values: [owner.merchantId, owner.sessionId, published],
    });
}

/** Holds the ledger until the transaction ends. @throws FetchSuperseded */
export async function holdLedger(tx: Tx, { owner, token }: Ledger): Promise<void> {
  const { rows } = await tx.query({
    name: 'ledger-hold',
    text: `SELECT 1 FROM transaction_ledger WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $3 FOR UPDATE`,
    values: [owner.merchantId, owner.sessionId, token],
  });
  if (rows.length === 0) throw new FetchSuperseded('another run reads this session');
}

/** Gives the ledger back with nothing published; it stays another run's, if that has taken it. */
export async function releaseLedger(db: Db, { owner, token }: Ledger): Promise<void> {
  await db.query({
    name: 'ledger-release',
    text: `UPDATE transaction_ledger SET fetch_token = NULL, fetch_begun_at = NULL
           WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $3`,
    values: [owner.merchantId, owner.sessionId, token],
  });
}

/** Ends whatever read is under way, and clears away what none has published; not what is being written anew. */
export async function discardUnpublished(tx: Tx, owner: DataOwner): Promise<void> {
  const { rows } = await tx.query<{ published_fetch: number }>({
    name: 'ledger-discard',
    text: `UPDATE transaction_ledger SET fetch_token = NULL, fetch_begun_at = NULL
           WHERE merchant_id = $1 AND session_id = $2 AND (fetch_token IS NULL OR fetch_begun_at IS NOT NULL)
           RETURNING published_fetch`,
    values: [owner.merchantId, owner.sessionId],
  });
  if (rows[0]) await clear(tx, owner, rows[0].published_fetch);
}

/** From here on the rows of this fetch are what the merchant sees. */
export async function publishFetch(tx: Tx, { owner, fetchNo }: Ledger): Promise<void> {
  await tx.query({
    name: 'ledger-publish',
    text: `UPDATE transaction_ledger SET published_fetch = $3, fetch_token = NULL, fetch_begun_at = NULL
           WHERE merchant_id = $1 AND session_id = $2`,
    values: [owner.merchantId, owner.sessionId, fetchNo],
  });
}

/** How far the session's transactions are published; zero where there are none to see. */
export async function publishedFetchOf(db: Db, owner: DataOwner): Promise<number> {
  const { rows } = await db.query<{ published_fetch: number }>({
    name: 'ledger-find',
    text: 'SELECT published_fetch FROM transaction_ledger WHERE merchant_id = $1 AND session_id = $2',
    values: [owner.merchantId, owner.sessionId],
  });
  return rows[0]?.published_fetch ?? 0;
}

export async function eraseTransactions(tx: Tx, owner: DataOwner): Promise<void> {
  for (const table of ['transaction_ledger', 'transaction_chunk', 'bank_transaction'])
    await tx.query({
      name: `ledger-erase-${table}`,
      text: `DELETE FROM ${table} WHERE merchant_id = $1 AND session_id = $2`,
      values: [owner.merchantId, owner.sessionId],
    });
}

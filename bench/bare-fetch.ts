import { createCipheriv, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { request } from 'undici';
import { reportPage } from './report-rows.ts';

/** J1's limits: the least that anybody who reads a bank has to do, in memory, and with the bank and the database. */

const key = randomBytes(32);

interface BareRow {
  readonly id: string | undefined;
  readonly bookingDate: string | undefined;
}

interface Sealed {
  readonly rows: readonly BareRow[];
  readonly bytes: Buffer;
  readonly next: string | undefined;
}

function sealed(document: string): Sealed {
  const { transactions } = JSON.parse(document);
  const rows = transactions.booked.map((row: Record<string, Record<string, string>>) => ({
    id: row.transactionId,
    amount: row.transactionAmount?.amount,
    currency: row.transactionAmount?.currency,
    bookingDate: row.bookingDate,
    valueDate: row.valueDate,
    counterpartyName: row.creditorName ?? row.debtorName,
    counterpartyAccount: row.creditorAccount ?? row.debtorAccount,
    description: row.remittanceInformationUnstructured,
    bankTransactionCode: row.bankTransactionCode,
    raw: row,
  }));
  const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12));
  const parts = [cipher.update(JSON.stringify(rows), 'utf8'), cipher.final(), cipher.getAuthTag()];
  return { rows, bytes: Buffer.concat(parts), next: transactions._links?.next?.href };
}

/** Made when it is first asked for: a process that only reads banks has no such thing in its memory. */
const documents = new Map<number, string>();

/** Made beforehand, so that it is not measured. */
export function prepareDocument(rows: number): string {
  const document = documents.get(rows) ?? reportPage(0, rows, undefined);
  documents.set(rows, document);
  return document;
}

/** Parse, map, print and encrypt one document. */
export function bareInMemory(rows: number): void {
  sealed(prepareDocument(rows));
}

/**
 * The same page by page over HTTP, and stored: the sealed pages, and a row for each transaction in a table like the
 * product's. No check, no id of its own, no schema.
 */
export async function bareStoring(pool: pg.Pool, url: string, sessionId: string): Promise<void> {
  let next: string | undefined = url;
  for (let page = 0; next !== undefined; page += 1) {
    const { body } = await request(next);
    const { rows, bytes, next: path } = sealed(await body.text());
    next = path && new URL(path, url).href;
    await pool.query({
      name: 'bench-page',
      text: `WITH off AS (SELECT set_config('synchronous_commit', $6, true)),
             page AS (INSERT INTO bench_chunk (session_id, page, sealed) SELECT $1, $2, $3 FROM off)
             INSERT INTO bench_transaction (merchant_id, session_id, id, fetch_no, first_fetch_no, account_id, at, pending,
               chunk_no, position)
             SELECT 'bench', $1, id, 1, 1, 'account', at::timestamptz, false, $2, position
             FROM unnest(string_to_array($4, ','), string_to_array($5, ',')) WITH ORDINALITY AS sent (id, at, position)`,
      values: [
        sessionId,
        page,
        bytes,
        rows.map(({ id }) => id).join(),
        rows.map(({ bookingDate }) => bookingDate).join(),
        next === undefined ? 'on' : 'off',
      ],
    });
  }
}

/** The tables of `bareStoring`, once for a run. */
export const bareTables = `
  CREATE TABLE IF NOT EXISTS bench_transaction (LIKE bank_transaction INCLUDING ALL);
  CREATE TABLE IF NOT EXISTS bench_chunk (session_id uuid, page int, sealed bytea, PRIMARY KEY (session_id, page));
  ALTER TABLE bench_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL`;

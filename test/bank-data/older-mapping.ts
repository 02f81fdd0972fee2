import type pg from 'pg';
import type { BankDocument } from '../../src/bank-data/bank-data.ts';
import type { TransactionContent } from '../../src/bank-data/transaction.ts';
import type { Vault } from '../../src/platform/crypto/vault.ts';

export interface Mistakes {
  readonly document?: (document: BankDocument) => BankDocument;
  readonly transaction?: (content: TransactionContent) => TransactionContent;
  /** As releases kept it that wrote no form beside it. */
  readonly withoutForms?: boolean;
}

interface ChunkRow {
  merchant_id: string;
  session_id: string;
  fetch_no: number;
  chunk_no: number;
  sealed: Buffer;
}

/** Puts a session's data as if a release with these mistakes had stored them; what the bank sent stays. */
export async function mapAsBefore(
  pool: pg.Pool,
  vault: Vault,
  sessionId: string,
  { document = (same) => same, transaction = (same) => same, withoutForms = false }: Mistakes,
): Promise<void> {
  const { rows: chunks } = await pool.query<ChunkRow>(
    'SELECT * FROM transaction_chunk WHERE session_id = $1',
    [sessionId],
  );
  for (const { merchant_id: merchantId, fetch_no, chunk_no, sealed } of chunks) {
    const rowId = `${sessionId}/${fetch_no}/${chunk_no}`;
    const place = { table: 'transaction_chunk', merchantId, rowId, column: 'sealed' };
    const [contents = '', raws = ''] = vault.open(place, sealed).toString('utf8').split('\n');
    const before = JSON.stringify((JSON.parse(contents) as TransactionContent[]).map(transaction));
    const kept = withoutForms ? raws.replaceAll(/,"rawForm":"[^"]*"/g, '') : raws;
    await pool.query(
      `UPDATE transaction_chunk SET sealed = $4, normaliser_version = 1
       WHERE session_id = $1 AND fetch_no = $2 AND chunk_no = $3`,
      [sessionId, fetch_no, chunk_no, vault.seal(place, `${before}\n${kept}`)],
    );
  }
  const { rows } = await pool.query('SELECT * FROM bank_data WHERE session_id = $1', [sessionId]);
  for (const { merchant_id: merchantId, sealed_data } of rows) {
    const place = { table: 'bank_data', merchantId, rowId: sessionId, column: 'sealed_data' };
    const before = document(vault.openJson(place, sealed_data) as BankDocument);
    await pool.query('UPDATE bank_data SET sealed_data = $2, normaliser_version = 1 WHERE session_id = $1', [
      sessionId,
      vault.sealJson(place, before),
    ]);
  }
}

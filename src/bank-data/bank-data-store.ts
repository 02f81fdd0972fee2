import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import { type BankDocument, normaliserVersion } from './bank-data.ts';
import type { DataOwner } from './owner.ts';

/** What is kept of one save. */
export interface StoredDocument {
  readonly normaliserVersion: number;
  readonly document: BankDocument;
  /** As `RawDocument`, or as it was kept before. */
  readonly raw: unknown;
  readonly fetchedAt: Date;
  readonly seal: Buffer;
}

interface WholeRow {
  normaliser_version: number;
  sealed_data: Buffer;
  sealed_raw: Buffer;
  fetched_at: Date;
}

/** What was read for a session but its transactions, sealed: as the merchant reads it, and as the bank sent it. */
export class BankDataStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async save(tx: Tx, owner: DataOwner, data: BankDocument, raw: unknown, now: Date): Promise<void> {
    const { merchantId, sessionId } = owner;
    await tx.query({
      name: 'bank-data-save',
      text: `INSERT INTO bank_data (merchant_id, session_id, normaliser_version, sealed_data, sealed_raw, fetched_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (merchant_id, session_id) DO UPDATE SET normaliser_version = EXCLUDED.normaliser_version,
               sealed_data = EXCLUDED.sealed_data, sealed_raw = EXCLUDED.sealed_raw, fetched_at = EXCLUDED.fetched_at`,
      values: [
        merchantId,
        sessionId,
        normaliserVersion,
        this.#vault.sealJson(placeOf(merchantId, sessionId, 'sealed_data'), data),
        this.#vault.sealJson(placeOf(merchantId, sessionId, 'sealed_raw'), raw),
        now,
      ],
    });
  }

  async find(db: Db, owner: DataOwner): Promise<BankDocument | undefined> {
    return (await this.findPublished(db, owner))?.document;
  }

  /** The document, and whether there are transactions beside it. @throws SealBroken */
  async findPublished(
    db: Db,
    { merchantId, sessionId }: DataOwner,
  ): Promise<{ document: BankDocument; hasTransactions: boolean } | undefined> {
    const { rows } = await db.query<{ sealed_data: Buffer; has_transactions: boolean }>({
      name: 'bank-data-find',
      text: `SELECT sealed_data, EXISTS (SELECT 1 FROM transaction_ledger
               WHERE merchant_id = $1 AND session_id = $2 AND published_fetch > 0) AS has_transactions
             FROM bank_data WHERE merchant_id = $1 AND session_id = $2`,
      values: [merchantId, sessionId],
    });
    const [row] = rows;
    if (!row) return undefined;
    const opened = this.#vault.openJson(placeOf(merchantId, sessionId, 'sealed_data'), row.sealed_data);
    return { document: opened as BankDocument, hasTransactions: row.has_transactions };
  }

  /** All that is kept of one save, with its seal, which no other save has. @throws SealBroken */
  async findWhole(db: Db, { merchantId, sessionId }: DataOwner): Promise<StoredDocument | undefined> {
    const { rows } = await db.query<WholeRow>({
      name: 'bank-data-find-whole',
      text: `SELECT normaliser_version, sealed_data, sealed_raw, fetched_at FROM bank_data
             WHERE merchant_id = $1 AND session_id = $2`,
      values: [merchantId, sessionId],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const open = (column: string, sealed: Buffer) =>
      this.#vault.openJson(placeOf(merchantId, sessionId, column), sealed);
    return {
      normaliserVersion: row.normaliser_version,
      document: open('sealed_data', row.sealed_data) as BankDocument,
      raw: open('sealed_raw', row.sealed_raw),
      fetchedAt: row.fetched_at,
      seal: row.sealed_data,
    };
  }

  /** Puts the document anew beside its raw objects, if nothing was saved since. False if something was. */
  async replace(
    tx: Tx,
    { merchantId, sessionId }: DataOwner,
    { seal }: StoredDocument,
    { document, version }: { readonly document: BankDocument; readonly version: number },
  ): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'bank-data-replace',
      text: `UPDATE bank_data SET sealed_data = $4, normaliser_version = $5
             WHERE merchant_id = $1 AND session_id = $2 AND sealed_data = $3`,
      values: [
        merchantId,
        sessionId,
        seal,
        this.#vault.sealJson(placeOf(merchantId, sessionId, 'sealed_data'), document),
        version,
      ],
    });
    return rowCount === 1;
  }

  /** When the data that are there were published. */
  async fetchedAt(db: Db, { merchantId, sessionId }: DataOwner): Promise<Date | undefined> {
    const { rows } = await db.query<{ fetched_at: Date }>({
      name: 'bank-data-fetched-at',
      text: 'SELECT fetched_at FROM bank_data WHERE merchant_id = $1 AND session_id = $2',
      values: [merchantId, sessionId],
    });
    return rows[0]?.fetched_at;
  }

  async erase(tx: Tx, { merchantId, sessionId }: DataOwner): Promise<void> {
    await tx.query({
      name: 'bank-data-erase',
      text: 'DELETE FROM bank_data WHERE merchant_id = $1 AND session_id = $2',
      values: [merchantId, sessionId],
    });
  }
}

function placeOf(merchantId: string, rowId: string, column: string) {
  return { table: 'bank_data', merchantId, rowId, column };
}

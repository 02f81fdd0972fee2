import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import { type BankDocument, normaliserVersion } from './bank-data.ts';
import type { DataOwner } from './owner.ts';

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

  async find(db: Db, { merchantId, sessionId }: DataOwner): Promise<BankDocument | undefined> {
    const { rows } = await db.query<{ sealed_data: Buffer }>({
      name: 'bank-data-find',
      text: 'SELECT sealed_data FROM bank_data WHERE merchant_id = $1 AND session_id = $2',
      values: [merchantId, sessionId],
    });
    const sealed = rows[0]?.sealed_data;
    return (
      sealed && (this.#vault.openJson(placeOf(merchantId, sessionId, 'sealed_data'), sealed) as BankDocument)
    );
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

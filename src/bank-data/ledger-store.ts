import { uuidv7 } from '../core/ids.ts';
import { DataKey } from '../platform/crypto/data-key.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import { FetchSuperseded } from './fetch.ts';
import type { DataOwner } from './owner.ts';
import { RowSealer } from './transaction-row.ts';

/** What a run of the fetch writes under. */
export interface Ledger {
  readonly owner: DataOwner;
  /** Counted from 1; rows of it are invisible until it is published. */
  readonly fetchNo: number;
  /** Names the run: another run's token in the row means that this one was taken for dead. */
  readonly token: string;
  readonly sealer: RowSealer;
}

/** What readers need. */
export interface OpenLedger {
  readonly publishedFetch: number;
  readonly sealer: RowSealer;
}

interface LedgerRow {
  sealed_key: Buffer;
  published_fetch: number;
}

/** The head of a session's transactions: their key, and how far they are published. */
export class LedgerStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Takes the ledger for a new run, and clears away what an earlier one left unpublished. */
  async begin(tx: Tx, owner: DataOwner, now: Date): Promise<Ledger> {
    const token = uuidv7(now);
    const { sealedKey } = DataKey.create(this.#vault, placeOf(owner));
    const { rows } = await tx.query<LedgerRow>({
      name: 'ledger-begin',
      text: `INSERT INTO transaction_ledger AS ledger (merchant_id, session_id, sealed_key, published_fetch, fetch_token)
             VALUES ($1, $2, $3, 0, $4)
             ON CONFLICT (merchant_id, session_id) DO UPDATE SET fetch_token = EXCLUDED.fetch_token
             RETURNING ledger.sealed_key, ledger.published_fetch`,
      values: [owner.merchantId, owner.sessionId, sealedKey, token],
    });
    const row = rows[0] as LedgerRow;
    await tx.query({
      name: 'ledger-clear-unpublished',
      text: 'DELETE FROM bank_transaction WHERE merchant_id = $1 AND session_id = $2 AND fetch_no > $3',
      values: [owner.merchantId, owner.sessionId, row.published_fetch],
    });
    return { owner, token, fetchNo: row.published_fetch + 1, sealer: this.#sealerOf(owner, row) };
  }

  /** Holds the ledger until the transaction ends. @throws FetchSuperseded */
  async hold(tx: Tx, { owner, token }: Ledger): Promise<void> {
    const { rows } = await tx.query({
      name: 'ledger-hold',
      text: `SELECT 1 FROM transaction_ledger WHERE merchant_id = $1 AND session_id = $2 AND fetch_token = $3 FOR UPDATE`,
      values: [owner.merchantId, owner.sessionId, token],
    });
    if (rows.length === 0) throw new FetchSuperseded('another run reads this session');
  }

  /** From here on the rows of this fetch are what the merchant sees. */
  async publish(tx: Tx, { owner, fetchNo }: Ledger): Promise<void> {
    await tx.query({
      name: 'ledger-publish',
      text: `UPDATE transaction_ledger SET published_fetch = $3, fetch_token = NULL
             WHERE merchant_id = $1 AND session_id = $2`,
      values: [owner.merchantId, owner.sessionId, fetchNo],
    });
  }

  async find(db: Db, owner: DataOwner): Promise<OpenLedger | undefined> {
    const { rows } = await db.query<LedgerRow>({
      name: 'ledger-find',
      text: 'SELECT sealed_key, published_fetch FROM transaction_ledger WHERE merchant_id = $1 AND session_id = $2',
      values: [owner.merchantId, owner.sessionId],
    });
    const row = rows[0];
    return row && { publishedFetch: row.published_fetch, sealer: this.#sealerOf(owner, row) };
  }

  /** Erases the key, and with it what every row says, and the rows. */
  async erase(tx: Tx, owner: DataOwner): Promise<void> {
    const values = [owner.merchantId, owner.sessionId];
    await tx.query({
      name: 'ledger-erase',
      text: 'DELETE FROM transaction_ledger WHERE merchant_id = $1 AND session_id = $2',
      values,
    });
    await tx.query({
      name: 'ledger-erase-rows',
      text: 'DELETE FROM bank_transaction WHERE merchant_id = $1 AND session_id = $2',
      values,
    });
  }

  #sealerOf(owner: DataOwner, row: LedgerRow): RowSealer {
    return new RowSealer(owner, DataKey.open(this.#vault, placeOf(owner), row.sealed_key));
  }
}

function placeOf({ merchantId, sessionId }: DataOwner) {
  return { table: 'transaction_ledger', merchantId, rowId: sessionId, column: 'sealed_key' };
}

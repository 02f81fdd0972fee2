import { createHmac } from 'node:crypto';
import type { DataKey } from '../platform/crypto/data-key.ts';
import type { DataOwner } from './owner.ts';
import type { TransactionContent, TransactionData } from './transaction.ts';

/** A transaction as it is kept. What is in the clear is what lists are ordered and filtered by. */
export interface TransactionRow {
  readonly id: string;
  readonly accountId: string;
  readonly at: Date;
  readonly pending: boolean;
  readonly contentMac: Buffer;
  readonly sealedData: Buffer;
  readonly sealedRaw: Buffer;
}

/** What a row is made from. */
export interface TransactionToKeep {
  readonly id: string;
  readonly accountId: string;
  readonly at: Date;
  readonly content: TransactionContent;
  readonly raw: unknown;
}

/** Seals rows of one session, and opens them. */
export class RowSealer {
  readonly #owner: DataOwner;
  readonly #dataKey: DataKey;

  constructor(owner: DataOwner, dataKey: DataKey) {
    this.#owner = owner;
    this.#dataKey = dataKey;
  }

  /** @param idSecret keys the digest by which an unchanged row is known: without it, contents cannot be guessed */
  seal(transaction: TransactionToKeep, idSecret: Buffer): TransactionRow {
    const { id, accountId, at, content, raw } = transaction;
    const text = JSON.stringify(content);
    return {
      id,
      accountId,
      at,
      pending: content.status === 'pending',
      contentMac: createHmac('sha256', idSecret).update(text).digest().subarray(0, 16),
      sealedData: this.#dataKey.seal(this.#place(id, 'sealed_data'), text),
      sealedRaw: this.#dataKey.seal(this.#place(id, 'sealed_raw'), JSON.stringify(raw)),
    };
  }

  /** @throws SealBroken */
  open(row: Pick<TransactionRow, 'id' | 'accountId' | 'at' | 'sealedData'>): TransactionData {
    const text = this.#dataKey.open(this.#place(row.id, 'sealed_data'), row.sealedData);
    const { amount, currency, ...rest } = JSON.parse(text) as TransactionContent;
    const timestamp = row.at.toISOString();
    return { id: row.id, accountId: row.accountId, amount, currency, timestamp, ...rest };
  }

  /** The same row under another id. @throws SealBroken */
  renamed(row: TransactionRow, id: string): TransactionRow {
    const text = this.#dataKey.open(this.#place(row.id, 'sealed_data'), row.sealedData);
    const raw = this.#dataKey.open(this.#place(row.id, 'sealed_raw'), row.sealedRaw);
    return {
      ...row,
      id,
      sealedData: this.#dataKey.seal(this.#place(id, 'sealed_data'), text),
      sealedRaw: this.#dataKey.seal(this.#place(id, 'sealed_raw'), raw),
    };
  }

  #place(id: string, column: string) {
    const { merchantId, sessionId } = this.#owner;
    return { table: 'bank_transaction', merchantId, rowId: `${sessionId}/${id}`, column };
  }
}

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { AccountIdentifier } from '../banking/account.ts';
import type { BankTransaction } from '../banking/transaction.ts';
import { canonicalAmount } from '../core/money.ts';

/**
 * Ids of one account's transactions within one read. An id is made from what the transaction is, not from the
 * bank's name for it, which changes with consents and days: the same read in any order, with rows repeated, gives
 * the same ids. True twins (two equal coffees on one day) are counted, so they stay two.
 */
export class TransactionIds {
  /** A key object: from bytes, Node would make one anew for every digest, at eight times the cost. */
  readonly #idSecret: KeyObject;
  readonly #accountId: string;
  /** How often each identity was met. */
  readonly #met = new Map<string, number>();
  readonly #repeatable = new Set<string>();

  /** @param idSecret the merchant's own */
  constructor(idSecret: Buffer, accountId: string) {
    this.#idSecret = createSecretKey(idSecret);
    this.#accountId = accountId;
  }

  /** Undefined for a row that this read has brought already. */
  next(transaction: BankTransaction): string | undefined {
    const { stableReference, reference } = transaction;
    if (stableReference !== undefined) {
      const id = this.#digest(['reference', transaction.status, stableReference]);
      return this.#isFirst(id) ? id : undefined;
    }
    const identity = this.#digest(identityOf(transaction));
    if (reference !== undefined && !this.#isFirst(`${identity}${reference}`)) return undefined;
    const twins = this.#met.get(identity) ?? 0;
    this.#met.set(identity, twins + 1);
    return twins === 0 ? identity : this.#digest(['twin', identity, String(twins)]);
  }

  #isFirst(name: string): boolean {
    if (this.#repeatable.has(name)) return false;
    this.#repeatable.add(name);
    return true;
  }

  #digest(parts: readonly string[]): string {
    const digest = createHmac('sha256', this.#idSecret)
      .update(JSON.stringify(['transaction', this.#accountId, ...parts]))
      .digest();
    return `tx_${digest.subarray(0, 18).toString('base64url')}`;
  }
}

function identityOf(transaction: BankTransaction): string[] {
  return [
    transaction.status,
    canonicalAmount(transaction.amount),
    transaction.currency,
    transaction.direction,
    transaction.bookingDate ?? '',
    transaction.valueDate ?? '',
    transaction.transactionDate ?? '',
    folded(transaction.counterpartyName),
    numberOf(transaction.counterpartyAccount),
    folded(transaction.description),
  ];
}

/** Words of visible ASCII with one space between them. */
const foldedAlready = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** Banks wrap and pad the same text differently from one report to the next. */
export function folded(text = ''): string {
  return foldedAlready.test(text) ? text : text.normalize('NFC').replace(/\s+/g, ' ').trim();
}

function numberOf(identifier: AccountIdentifier | undefined): string {
  switch (identifier?.type) {
    case 'iban':
      return identifier.iban.replace(/\s/g, '').toUpperCase();
    case 'bban':
      return identifier.bban.replace(/\s/g, '').toUpperCase();
    case 'masked_pan':
      return identifier.maskedPan;
    case undefined:
      return '';
  }
}

import type { AccountIdentifier } from '../banking/account.ts';
import type { BankTransaction } from '../banking/transaction.ts';
import { canonicalAmount } from '../core/money.ts';
import { HmacSha256 } from '../platform/crypto/hmac.ts';

/** Of base64url: 144 bits. */
const idLength = 24;

/**
 * Ids of one account's transactions within one read. An id is made from what the transaction is, not from the
 * bank's name for it, which changes with consents and days: the same read in any order, with rows repeated, gives
 * the same ids. True twins (two equal coffees on one day) are counted, so they stay two.
 */
export class TransactionIds {
  readonly #hmac: HmacSha256;
  readonly #accountId: string;
  /** Each identity that was met: one alone by its name (null is none), since most are; several as twins. */
  readonly #met = new Map<string, string | null | Twins>();
  readonly #taken: ReadonlySet<string>;

  /**
   * @param idSecret the merchant's own
   * @param taken ids of pending transactions that were booked since. Another one that says just the same (a second
   * coffee of the day, or of any day where the bank dates nothing before it is booked) must not meet them
   */
  constructor(idSecret: Buffer, accountId: string, taken: ReadonlySet<string> = new Set()) {
    this.#hmac = new HmacSha256(idSecret);
    this.#accountId = accountId;
    this.#taken = taken;
  }

  /** Undefined for a row that this read has brought already. */
  next(transaction: BankTransaction): string | undefined {
    const { stableReference, reference } = transaction;
    if (stableReference !== undefined) {
      const id = this.#digest(['reference', transaction.status, stableReference]);
      return this.#meet(id, stableReference) === 0 ? id : undefined;
    }
    const identity = this.#digest(identityOf(transaction));
    const twins = this.#meet(identity, reference ?? null);
    if (twins === undefined) return undefined;
    const id = twins === 0 ? identity : this.#digest(['twin', identity, String(twins)]);
    return transaction.status === 'pending' ? this.#untaken(id) : id;
  }

  #untaken(id: string): string {
    let free = id;
    for (let count = 1; this.#taken.has(free); count += 1) free = this.#digest(['again', id, String(count)]);
    return free;
  }

  /** How many others of this identity were met before; undefined if it was this very one, by its name. */
  #meet(identity: string, name: string | null): number | undefined {
    const before = this.#met.get(identity);
    if (before === undefined) {
      this.#met.set(identity, name);
      return 0;
    }
    const twins = before instanceof Twins ? before : new Twins(before);
    const count = twins.add(name);
    this.#met.set(identity, twins);
    return count;
  }

  #digest(parts: readonly string[]): string {
    const digest = this.#hmac.digest(JSON.stringify(['transaction', this.#accountId, ...parts]));
    return `tx_${digest.slice(0, idLength)}`;
  }
}

/** Several transactions of one identity. */
class Twins {
  #count = 0;
  readonly #names = new Set<string>();

  constructor(first: string | null) {
    this.add(first);
  }

  /** How many there were before; undefined for a name that is there already. */
  add(name: string | null): number | undefined {
    if (name !== null && this.#names.has(name)) return undefined;
    if (name !== null) this.#names.add(name);
    this.#count += 1;
    return this.#count - 1;
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

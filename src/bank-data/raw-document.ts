import type { Kept } from '../banking/remapping.ts';
import type { BankDocument } from './bank-data.ts';

/** What the bank sent for all but the transactions, as it is kept. */
export interface RawDocument {
  /** ISO 8601 UTC; absent where it was kept before this was written down. */
  readonly fetchedAt?: string;
  /** Each with the id that it was given; absent where that is no longer known. */
  readonly accounts: readonly (Kept & { readonly id?: string | undefined })[];
  readonly psuName?: string;
  /** By account id. */
  readonly balances?: Readonly<Record<string, readonly Kept[]>>;
}

/** How it was kept before: the bank's objects and no more. */
interface BareDocument {
  readonly accounts: readonly unknown[];
  readonly psuName?: string;
  readonly balances?: Readonly<Record<string, readonly unknown[]>>;
}

export function toKept({ raw, rawForm }: Kept): Kept {
  return { raw, ...(rawForm !== undefined && { rawForm }) };
}

/** What stands beside this document, of whichever release. Where no account was repeated, the two lists are in one order. */
export function rawDocumentOf(stored: unknown, { accounts: known }: BankDocument): RawDocument {
  const whole = stored as RawDocument | BareDocument;
  if ('fetchedAt' in whole) return whole;
  const { accounts, balances = {}, ...rest } = whole as BareDocument;
  const isInOrder = accounts.length === known.length;
  return {
    ...rest,
    accounts: accounts.map((raw, at) => ({ raw, id: isInOrder ? known[at]?.id : undefined })),
    balances: Object.fromEntries(
      Object.entries(balances).map(([id, raws]) => [id, raws.map((raw) => ({ raw }))]),
    ),
  };
}

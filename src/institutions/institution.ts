import type { Bank } from '../banking/bank.ts';

/** A bank as the catalogue keeps it: what its connector needs, and what people see and search by. */
export interface Institution extends Bank {
  /** The name of what it is a member of: one row for all of them, until somebody searches. */
  readonly group?: string;
  /** A picture that Trellis serves itself; its name below the logos' path. */
  readonly logo?: string;
  /** The bank's own site, for people. */
  readonly url?: string;
  /** 0 to 1000, more first. Above 0 it is one of its markets' default banks. */
  readonly popularity?: number;
}

/** What lists show of a bank. Everything else is fetched for the one that is chosen. */
export type ListedBank = Pick<
  Institution,
  | 'id'
  | 'name'
  | 'markets'
  | 'currencies'
  | 'protocol'
  | 'test'
  | 'bic'
  | 'group'
  | 'logo'
  | 'url'
  | 'popularity'
>;

/** A bank's row with the words that it is found by. */
export type IndexedBank = ListedBank & Pick<Institution, 'aliases' | 'bankCodes'>;

export const bankIdPattern = '^[a-z]{2}-[a-z0-9+/-]+$';
export const maxBankIdChars = 100;
const bankId = new RegExp(bankIdPattern);

export function isBankId(text: string): boolean {
  return text.length <= maxBankIdChars && bankId.test(text);
}

export function isDefault(bank: ListedBank): boolean {
  return (bank.popularity ?? 0) > 0;
}

/** The order of lists without a search: popular ones first, then by name. */
export function compareBanks(one: SortKey, other: SortKey): number {
  return (
    other.popularity - one.popularity || compare(one.sortName, other.sortName) || compare(one.id, other.id)
  );
}

export interface SortKey {
  readonly popularity: number;
  readonly sortName: string;
  readonly id: string;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

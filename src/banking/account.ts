import type { BankBalance } from './balance.ts';

/** Account types of the seed, section Accounts. */
export const accountTypes = [
  'checking',
  'savings',
  'credit',
  'card',
  'loan',
  'investment',
  'insurance',
  'other',
  'unknown',
] as const;

export type AccountType = (typeof accountTypes)[number];

/**
 * What names an account outside its bank. Values are kept as the bank sent them: a checksum that fails is
 * the bank's business (the seed's own example IBAN fails mod 97).
 */
export type AccountIdentifier =
  | { readonly type: 'iban'; readonly iban: string }
  | { readonly type: 'bban'; readonly bban: string; readonly country?: string }
  | { readonly type: 'masked_pan'; readonly maskedPan: string };

export type HolderRole = 'owner' | 'legal_representative' | 'authorised_user';

export interface Holder {
  readonly name: string;
  readonly role?: HolderRole;
}

export interface BankAccount {
  /**
   * The bank's own handle; good for calls under this consent only, and may change with the next one. Empty
   * where the bank gives none.
   */
  readonly resourceId: string;
  /** The best one first; empty where the bank names none. */
  readonly identifiers: readonly AccountIdentifier[];
  /** ISO 4217; `XXX` is a multi-currency account. */
  readonly currency: string;
  /** The account's name for people, if the bank has one. */
  readonly name?: string;
  readonly bic?: string;
  readonly accountType: AccountType;
  /** Nothing can be paid to or from it at the moment. Absent where it is in use, or the bank does not say. */
  readonly status?: 'blocked';
  readonly holders: readonly Holder[];
  /**
   * What the connector needs to read this account's balances and transactions under this consent: its own
   * JSON, opaque to everyone else, and no better than the consent it came under.
   */
  readonly handle: Readonly<Record<string, unknown>>;
  /** Where the list of accounts itself brought them. */
  readonly balances?: readonly BankBalance[];
  /** The bank's object as parsed, so that a mapping fault can be mended without asking again. */
  readonly raw: unknown;
  /** How `raw` is to be read, where that is to be mapped again (`Remapping`): the connector's own word. */
  readonly rawForm?: string;
}

export interface AccountsRead {
  readonly accounts: readonly BankAccount[];
  /** The person who authorised, where the bank tells (Berlin Group `psuName`, UK `/party`). */
  readonly psuName?: string;
}

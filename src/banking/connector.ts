import type { AccountsRead, BankAccount } from './account.ts';
import type { BankBalance } from './balance.ts';
import type { Bank } from './bank.ts';
import type { Permission } from './permission.ts';
import type { TransactionsAsked, TransactionsPage } from './transaction.ts';

/**
 * The contract with banks. A connector is a value that knows no database, no web framework and no session:
 * it receives inputs, talks to the bank, and returns values. Every function may be called again with the
 * same input, in another process or after a restart. Every function fails only with a `BankFailure`, or
 * with what `keep` threw.
 */
export interface Connector {
  /** The protocol family, e.g. `berlin-group`; banks name it in their catalogue row. */
  readonly protocol: string;
  readonly capabilities: Capabilities;

  /**
   * Refuses a bank whose profile this connector cannot read.
   * @throws Error in words for the operator who wrote the row
   */
  checkProfile(bank: Bank): void;

  /** Starts an authorisation: creates the consent at the bank and says how its user authenticates. */
  begin(bank: Bank, request: AuthorisationRequest): Promise<Step>;

  /**
   * Goes on after the user acted: came back from the bank's page, or filled in a form. A `BankFailure` of
   * kind `user-must-act` is also the answer to a return that does not belong to this attempt. Whoever gives
   * an attempt up after a failure ends it with `abandon`.
   */
  resume(bank: Bank, attempt: Attempt, input: ResumeInput): Promise<Step>;

  /**
   * The accounts that the consent covers, with their holders where the bank tells. `permissions` are those
   * that the consent was asked for: some banks tell balances in this list or nowhere.
   */
  accounts(bank: Bank, access: ConsentAccess, permissions: readonly Permission[]): Promise<AccountsRead>;

  /**
   * The balances of an account that `accounts` gave under this consent; those that came with the list are
   * not asked for again. Empty where the bank tells none of this account.
   */
  balances(bank: Bank, access: ConsentAccess, account: BankAccount): Promise<readonly BankBalance[]>;

  /**
   * The transactions of an account that `accounts` gave under this consent, a page at a time as the bank
   * sends them: the next page is asked for when this one has been taken. A report that fails half-way has
   * to be read again from its start. No page at all where the bank gives no transactions of this account;
   * an empty page where there are none.
   */
  transactions(
    bank: Bank,
    access: ConsentAccess,
    account: BankAccount,
    asked: TransactionsAsked,
  ): AsyncIterable<TransactionsPage>;

  /** The consent as the bank sees it now. */
  status(bank: Bank, access: ConsentAccess): Promise<ConsentStatus>;

  /** Ends the consent at the bank. A consent that is already gone there counts as ended. */
  revoke(bank: Bank, access: ConsentAccess): Promise<void>;

  /** Ends what `begin` left at the bank when the user never came back or chose another bank. */
  abandon(bank: Bank, attempt: Attempt): Promise<void>;
}

export interface Capabilities {
  /** What of the permissions this connector can read today. */
  readonly permissions: readonly Permission[];
}

export interface AuthorisationRequest {
  readonly permissions: readonly Permission[];
  /** `once`: one fetch, then the consent ends. `ongoing`: unattended reads until `validUntil`. */
  readonly access: { readonly kind: 'once' } | { readonly kind: 'ongoing'; readonly validUntil: Date };
  /** Our callback for this bank, without query. The bank must send the user to exactly this place. */
  readonly callbackUrl: string;
  /** Unguessable and single use; comes back in the callback's query as `state`. */
  readonly state: string;
  readonly psu: PsuContext;
  /** ISO 639-1. */
  readonly locale: string;
}

/** The user as the bank wants to know him. Present only while he is there (protocols: PSU-IP-Address). */
export interface PsuContext {
  readonly ipAddress: string;
  readonly userAgent?: string;
  readonly acceptLanguage?: string;
}

/**
 * All that a connector needs to go on, in another process or after a restart: JSON, opaque to everyone
 * else, encrypted at rest. What a user typed into a secret field never enters it.
 */
export type Attempt = Readonly<Record<string, unknown>>;

export type Step =
  | { readonly kind: 'redirect'; readonly url: string; readonly attempt: Attempt }
  | { readonly kind: 'authorised'; readonly consent: BankConsent }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** `cancelled`: the user stopped at the bank. `denied`: the bank did not let him. `expired`: too late. */
export type RefusalReason = 'cancelled' | 'denied' | 'expired';

export type ResumeInput = {
  readonly kind: 'callback';
  /** The callback's query; a parameter that came twice is left out. */
  readonly query: Readonly<Record<string, string>>;
  readonly psu: PsuContext;
};

/** An authorised consent. `credentials` is the connector's own JSON (tokens, ids), encrypted at rest. */
export interface BankConsent {
  /** The bank's id of the consent. */
  readonly bankConsentId: string;
  readonly expiresAt?: Date;
  readonly credentials: Readonly<Record<string, unknown>>;
}

export interface ConsentAccess {
  /** The newest that is known: once `keep` has resolved, what was kept. Calls with an older one fail. */
  readonly consent: BankConsent;
  /** Present: the user is there and asked for this call. Null: an unattended call, counted by the bank. */
  readonly psu: PsuContext | null;
  /**
   * Called with renewed credentials before the connector uses them. Must be durable when it resolves:
   * a refresh token that was used and not kept is a consent lost. Calls under one consent must not run side
   * by side, with a report of transactions that has not ended neither: two renewals at once void each
   * other's tokens.
   */
  keep(consent: BankConsent): Promise<void>;
}

export type ConsentStatus = 'created' | 'authorised' | 'expired' | 'revoked' | 'failed';

/** All connectors of this installation, by protocol. */
export type Connectors = ReadonlyMap<string, Connector>;

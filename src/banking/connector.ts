import type { AccountsRead, BankAccount } from './account.ts';
import type { BankBalance } from './balance.ts';
import type { Bank } from './bank.ts';
import type { CallBudget, ReadAccess } from './call-budget.ts';
import type { ConsentAccess, ConsentStatus, PsuContext } from './consent.ts';
import type { Permission } from './permission.ts';
import type { Remapping } from './remapping.ts';
import type { Attempt, ResumeInput, Step } from './step.ts';
import type { TransactionsAsked, TransactionsPage } from './transaction.ts';

/**
 * The contract with banks. A connector is a value that knows no database, no web framework and no session:
 * it receives inputs, talks to the bank, and returns values. Every function may be called again with the
 * same input, in another process or after a restart. Every function fails only with a `BankFailure`, or
 * with what `beforeCall` or `keep` threw.
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

  /** The longest consent that the bank gives, in days. */
  maxConsentDays(bank: Bank): number;

  /** How the bank counts unattended reads today. */
  callBudget(bank: Bank): CallBudget;

  /** Starts an authorisation: creates the consent at the bank and says how its user authenticates. */
  begin(bank: Bank, request: AuthorisationRequest): Promise<Step>;

  /**
   * Goes on after the user acted (came back from the bank's page, or filled in a form), and asks whether he
   * has acted elsewhere. A `BankFailure` of
   * kind `user-must-act` is also the answer to a return that does not belong to this attempt. Whoever gives
   * an attempt up after a failure ends it with `abandon`.
   */
  resume(bank: Bank, attempt: Attempt, input: ResumeInput): Promise<Step>;

  /**
   * The accounts that the consent covers, with their holders where the bank tells. `permissions` are those
   * that the consent was asked for: some banks tell balances in this list or nowhere.
   */
  accounts(bank: Bank, access: ReadAccess, permissions: readonly Permission[]): Promise<AccountsRead>;

  /**
   * The balances of an account that `accounts` gave under this consent; those that came with the list are
   * not asked for again. Empty where the bank tells none of this account; one that it has blocked is `bank-refused`.
   */
  balances(bank: Bank, access: ReadAccess, account: BankAccount): Promise<readonly BankBalance[]>;

  /**
   * The transactions of an account that `accounts` gave under this consent, a page at a time as the bank
   * sends them: the next page is asked for when this one has been taken. A report that fails half-way has
   * to be read again from its start. No page at all where the bank gives no transactions of this account;
   * an empty page where there are none. An account that the bank has blocked is `bank-refused`.
   */
  transactions(
    bank: Bank,
    access: ReadAccess,
    account: BankAccount,
    asked: TransactionsAsked,
  ): AsyncIterable<TransactionsPage>;

  /**
   * The mapping for what was kept of this bank, so that a fault in it can be mended without asking again.
   * @throws BankFailure for a profile that cannot be used
   */
  remap(bank: Bank): Remapping;

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
  /**
   * The same for a return that can only mean that the user stopped. Some banks show the address for that before he
   * has decided: whoever sees it must not learn the state by which a consent is given.
   */
  readonly nokState: string;
  readonly psu: PsuContext;
  /** ISO 639-1. */
  readonly locale: string;
}

/** All connectors of this installation, by protocol. */
export type Connectors = ReadonlyMap<string, Connector>;

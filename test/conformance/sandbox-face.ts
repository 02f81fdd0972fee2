import type { Bank } from '../../src/banking/bank.ts';
import type { AuthorisationRequest, Connector } from '../../src/banking/connector.ts';
import type { ResumeInput, Step } from '../../src/banking/step.ts';

/** The people who sign in at the sandbox, by what they stand for. */
export type Person =
  | 'one account'
  | 'many accounts'
  | 'several holders'
  | 'no owner name'
  | 'no accounts'
  | 'a blocked account'
  | 'hostile texts'
  | 'repeated rows'
  | 'pending rows'
  | 'declines';

/** A call of the contract, or a step inside one, that a fault can strike. */
export type Operation =
  | 'begin'
  | 'begin: metadata'
  | 'resume: token'
  | 'resume'
  | 'accounts'
  | 'balances'
  | 'transactions'
  | 'status'
  | 'revoke';

export type Fault =
  | 'server error'
  | 'unavailable'
  | 'too many calls'
  | 'error page'
  | 'page instead of data'
  | 'redirect elsewhere'
  | 'malformed'
  | 'wrong content type'
  | 'no answer'
  | 'reset'
  | 'reset in the answer'
  | 'drip'
  | 'answer lost';

/** Ways in which a return can be wrong that the connector has to notice by itself. */
export type ForgedReturn = 'wrong issuer' | 'missing issuer' | 'wrong state' | 'missing state' | 'wrong code';

/** How a user is authenticated; the sandbox has a bank for each approach that the protocol knows. */
export type Approach = 'oauth-redirect' | 'plain-redirect' | 'oauth-prestep' | 'decoupled' | 'embedded';

/** What of the suite's cases an approach has. */
export interface ApproachCases {
  readonly operations: readonly Operation[];
  /** Of the last return; none where the user does not come back from a page of the bank. */
  readonly forgedReturns: readonly ForgedReturn[];
  /** How often the user acts until there is a consent. */
  readonly acts: number;
  /** What is not asked of this approach, each with its reason beside it. */
  readonly not?: readonly ('returns' | 'declines' | 'causes' | 'traces' | 'renewal in one call')[];
  /** Operations in which a passing fault is no failure: the connector has the user wait on. */
  readonly waitsIn?: readonly Operation[];
  /** Faults that this approach or its sandbox cannot have at an operation, each with its reason beside it. */
  readonly without: Readonly<Partial<Record<Operation, readonly Fault[]>>>;
}

export type ConformanceCases = Readonly<Partial<Record<Approach, ApproachCases>>>;

/**
 * One protocol family's sandbox as the suite needs it: real servers that speak its wire format and are
 * written by others than the connector is, people who act at their pages, and faults on order.
 */
export interface SandboxFace {
  readonly connector: Connector;
  /** The same connector, with a few hundred milliseconds for a call. */
  readonly impatient: Connector;
  /** The same connector, taking answers of at most a hundred bytes. */
  readonly narrow: Connector;
  bank(approach: Approach): Bank;
  /** A bank that is away. */
  readonly offlineBank: Bank;
  /** Acts at the bank's pages as this person; gives the address that the bank sends the browser back to. */
  visit(url: string, person: Person): Promise<URL>;
  /** Does what a step asks of this person: at the bank's pages, in its app, or in a form. */
  act(step: Step, person: Person, request: AuthorisationRequest): Promise<ResumeInput>;
  setFault(approach: Approach, operation: Operation, fault: Fault, retryAfterSeconds?: number): void;
  /** Makes the next return wrong. */
  forgeReturn(approach: Approach, forged: ForgedReturn): void;
  clearFaults(): void;
  /** The consents at all banks of this sandbox, in the contract's words for what matters here. */
  consents(): readonly { readonly id: string; readonly living: boolean }[];
  /** Ends a consent at the bank, from the bank's side. */
  endConsent(id: string, how: 'expired' | 'revoked'): void;
  /** Moves the time of bank and connector. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

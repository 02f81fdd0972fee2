import type { BankFailureKind } from '../banking/failure.ts';
import type { RefusalReason } from '../banking/step.ts';
import type { FailureCode } from '../sessions/session.ts';
import type { FailureReason } from './views/texts/texts.ts';

/**
 * Where one try to connect a bank stands:
 *
 *   beginning -> at-bank -> exchanging      the bank's own page, and the way back
 *             -> asking -> answering        the bank's form, on our page
 *             -> approving                  the bank's app, asked about until it knows
 *             -> quarantined -> granted     or granted at once
 *
 * A call to the bank (beginning, exchanging, answering, and each poll of approving) leads to any of the others: the
 * bank may want one thing after the other. From each of these it may go to `failed` (the user is told and may try again) or to `superseded` (he chose
 * otherwise, or the session ended). What is then left at the bank is ended there by a job.
 */
export const livingStages = [
  'beginning',
  'at-bank',
  'exchanging',
  'asking',
  'answering',
  'approving',
  'quarantined',
] as const;

export type LivingStage = (typeof livingStages)[number];
export type Stage = LivingStage | 'granted' | 'failed' | 'superseded';

/** What names an attempt; the merchant comes first, as in every key. */
export interface AttemptKey {
  readonly merchantId: string;
  readonly id: string;
}

export interface Attempt extends AttemptKey {
  readonly sessionId: string;
  /** The bank that the user agreed to: beginning an attempt is his consent. */
  readonly bankId: string;
  readonly stage: Stage;
  /** Only of a failed one. */
  readonly failure?: FailureReason;
  /** Of the `state` of its authorisation (RFC 6749 section 10.12), a bearer token that is good for one return. */
  readonly stateHash: Buffer;
  readonly returnedBrowserHash?: Buffer;
  readonly codeTries: number;
  /** How many calls to the bank were begun. */
  readonly calls: number;
  /** When waiting for the user ends: with the session, when the bank said so, or in quarantine after ten minutes. */
  readonly waitsUntil?: Date;
  /** While the user approves in his app: the bank is not asked before this. */
  readonly pollsAt?: Date;
  /** What is sealed of it, as it lay in the database when the rest was read: one moment for all that a page shows. */
  readonly sealed?: SealedColumns;
}

export interface SealedColumns {
  readonly bankAttempt: Buffer | null;
  readonly url: Buffer | null;
  readonly prompt: Buffer | null;
  readonly grant: Buffer | null;
}

export function isLiving(attempt: Pick<Attempt, 'stage'>): boolean {
  return livingStages.some((stage) => stage === attempt.stage);
}

/** Names what the user is asked just now; an answer to anything else, from another tab or a page gone by, is none. */
export function askedId({ id, calls }: Pick<Attempt, 'id' | 'calls'>): string {
  return `${id}.${calls}`;
}

/** A call to the bank that has not ended by then was cut off with its process. */
export const callLeaseMs = 60_000;
export const quarantineMs = 10 * 60_000;
export const releaseCodeDigits = 6;
export const maxCodeTries = 5;

/** What the page says of a failure of the bank's interface, by what the user can do about it. */
export const reasonOfFailure: Readonly<Record<BankFailureKind, FailureReason>> = {
  'user-must-act': 'interrupted',
  'retry-later': 'bank-down',
  'bank-refused': 'bank-refused',
  'operator-fault': 'internal',
  'our-bug': 'internal',
};

export const reasonOfRefusal: Readonly<Record<RefusalReason, FailureReason>> = {
  cancelled: 'cancelled-at-bank',
  denied: 'bank-refused',
  expired: 'timed-out',
};

/** How the session ends if the user gives up after this failure. */
export const codeOfReason: Readonly<Record<FailureReason, FailureCode>> = {
  'bank-down': 'bank_unavailable',
  'bank-refused': 'bank_denied',
  'cancelled-at-bank': 'cancelled',
  'timed-out': 'cancelled',
  interrupted: 'cancelled',
  'wrong-codes': 'cancelled',
  'not-let-in': 'bank_denied',
  'no-accounts': 'no_accounts',
  internal: 'internal',
};

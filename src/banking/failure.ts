/**
 * Everything that can go wrong at a bank, by what to do next. A connector translates once; nothing else
 * crosses the contract.
 *
 * - `user-must-act`   the consent or login is gone: the user has to connect again
 * - `retry-later`     the bank is down, slow or counts calls: the same call may work later
 * - `bank-refused`    the bank said no, and will again
 * - `operator-fault`  certificate, signature or registration: only the operator of Trellis can mend it
 * - `our-bug`         the bank says we speak its protocol wrongly, or we met our own broken invariant
 */
export type BankFailureKind = 'user-must-act' | 'retry-later' | 'bank-refused' | 'operator-fault' | 'our-bug';

export interface BankFailureDetails {
  readonly httpStatus?: number;
  /** The standard's own code, e.g. `CONSENT_EXPIRED`; never free text of the bank. */
  readonly bankCode?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class BankFailure extends Error {
  override readonly name = 'BankFailure';
  readonly kind: BankFailureKind;
  readonly details: BankFailureDetails;

  /** `what` is for the operator's log: which call failed and how, without bank data. */
  constructor(kind: BankFailureKind, what: string, details: BankFailureDetails = {}) {
    super(what, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.details = details;
  }
}

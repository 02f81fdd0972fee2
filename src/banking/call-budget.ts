import type { ConsentAccess } from './consent.ts';

/** Each read of its own, of which a bank takes only so many a day while its user is not there. */
export interface CountedRead {
  readonly read: 'accounts' | 'card-accounts' | 'account' | 'balances' | 'transactions';
  /** Which account, where the read is of one. */
  readonly account?: string;
}

/** Of each read of its own, so many within the bank's day. */
export interface CallBudget {
  readonly limit: number;
  /** The bank's date, ISO. */
  readonly day: string;
  readonly resetsAt: Date;
}

/** What reads need. While `psu` is null, each that the bank counts is counted here first. */
export interface ReadAccess extends ConsentAccess {
  /**
   * Resolves once the read is counted for good; a crash after that wastes it.
   * @throws BankFailure retry-later with the wait for the bank's next day, when none is left of this one
   */
  spend(read: CountedRead): Promise<void>;
  /** The bank says that this was one too many: none is left of its day, whatever was counted here. */
  exhaust(read: CountedRead): Promise<void>;
}

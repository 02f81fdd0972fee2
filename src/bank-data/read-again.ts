import type { BankDocument } from './bank-data.ts';
import { backwardDays } from './pending-match.ts';

/** From when on the accounts of a session have to be read once more. */
export interface ReadAgain {
  /** ISO date. */
  readonly from: string;
  /** Accounts whose transactions are there up to the last fetch; any other one is read from its first day on. */
  readonly accountIds: ReadonlySet<string>;
}

/** Banks book late: what comes to light days after is within these. */
const lateBookingDays = 10;
const dayMs = 86_400_000;

/**
 * Some days before the last successful fetch; and never behind a transaction that is pending still, or a report that
 * begins after it would look as if the bank had taken it back.
 */
export function readAgainFrom(
  document: Pick<BankDocument, 'accounts' | 'missing'>,
  fetchedAt: Date,
  oldestPending: Date | undefined,
): ReadAgain {
  const late = fetchedAt.getTime() - lateBookingDays * dayMs;
  const open = oldestPending ? oldestPending.getTime() - (backwardDays + 1) * dayMs : late;
  const lacking = new Set(
    document.missing?.flatMap(({ permission, accountId }) =>
      permission === 'transactions' ? accountId : [],
    ),
  );
  return {
    from: new Date(Math.min(late, open)).toISOString().slice(0, 10),
    accountIds: new Set(document.accounts.map(({ id }) => id).filter((id) => !lacking.has(id))),
  };
}

/** The first day to ask for of one account; no earlier than the session's own. */
export function firstDayOf(
  { transactionsFrom, again }: { transactionsFrom: string; again?: ReadAgain | undefined },
  accountId: string,
): string {
  if (!again?.accountIds.has(accountId)) return transactionsFrom;
  return again.from > transactionsFrom ? again.from : transactionsFrom;
}

import type { Session } from './session.ts';

const dayMs = 86_400_000;

/** The law's most (RTS on SCA article 10); a bank's profile may say less. */
export const longestAccessDays = 180;

/** How much history a bank is asked for: 90 days, which is what banks give without asking their user again. */
const defaultHistoryDays = 90;

/**
 * Until when the data of a session may be read at a bank; undefined where they are read once.
 * @param bankMaxDays the longest consent that the bank gives
 */
export function accessUntil(
  session: Pick<Session, 'access' | 'accessDays'>,
  bankMaxDays: number,
  now: Date,
): Date | undefined {
  if (session.access === 'once') return undefined;
  const days = Math.min(session.accessDays ?? longestAccessDays, bankMaxDays);
  return new Date(now.getTime() + days * dayMs);
}

/** The first day of transactions to ask the bank for, ISO date. */
export function historyFrom(session: Pick<Session, 'transactionsFrom'>, now: Date): string {
  return session.transactionsFrom ?? isoDay(now.getTime() - defaultHistoryDays * dayMs);
}

export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** True for a day of the calendar: 2027-02-30 would roll over into March. */
export function isIsoDay(text: string): boolean {
  const parsed = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(parsed) && isoDay(parsed) === text;
}

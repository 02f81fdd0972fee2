import type { CallBudget, CountedRead, ReadAccess } from '../../banking/call-budget.ts';
import type { Clock } from '../../core/clock.ts';
import { type BankStream, isStream } from './bank-stream.ts';
import { endOfLocalDate, localDate } from './calendar.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import type { Profile } from './profiles.ts';

/** What a bank must grant unattended (RTS on SCA article 36(5)), and what consents are made with. */
export const unattendedPerDay = 4;

/** Counted by the bank's own day, for each consent and each endpoint of each account. */
export function callBudgetOf({ timeZone }: Profile, clock: Clock): CallBudget {
  const day = localDate(clock.now(), timeZone);
  return { limit: unattendedPerDay, day, resetsAt: endOfLocalDate(day, timeZone) };
}

/**
 * A read that the bank counts where its user is not there. Further pages of an answer are not counted, nor is
 * the same read once more with a renewed token.
 */
export async function countedRead<A extends BankAnswer | BankStream>(
  access: ReadAccess,
  counted: CountedRead,
  read: () => Promise<A>,
): Promise<A> {
  if (access.psu !== null) return read();
  await access.spend(counted);
  const answer = await read();
  const isOneTooMany =
    answer.status === 429 && !isStream(answer) && codesOf(answer).includes('ACCESS_EXCEEDED');
  if (isOneTooMany) await access.exhaust(counted);
  return answer;
}

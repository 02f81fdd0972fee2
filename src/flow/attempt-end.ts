import { enqueue } from '../platform/jobs/queue.ts';
import type { Tx } from '../platform/postgres/pool.ts';
import type { Attempt, AttemptKey } from './attempt.ts';
import type { AttemptStore, Sealed } from './attempt-store.ts';
import type { BankAnswer } from './bank-call.ts';
import type { FailureReason } from './views/texts/texts.ts';

export const endAtBankTask = 'flow-end-at-bank';

export function endJobKey({ merchantId, id }: AttemptKey): string {
  return `${endAtBankTask}:${merchantId}:${id}`;
}

/** How an attempt ends that gave nothing, and what is known to be left of it at the bank. */
export type AttemptEnd = Pick<Sealed, 'bankAttempt' | 'grant'> &
  ({ readonly stage: 'failed'; readonly failure: FailureReason } | { readonly stage: 'superseded' });

/** What an answer of the bank that nobody waits for any more has left there. */
export function leftBy(answer: BankAnswer): Pick<Sealed, 'bankAttempt' | 'grant'> {
  if (answer.kind === 'authorised') return { grant: { consent: answer.consent } };
  return 'attempt' in answer ? { bankAttempt: answer.attempt } : {};
}

/** Ends an attempt. What it leaves at the bank stays sealed in it until a job has ended it there. */
export async function endAttempt(
  tx: Tx,
  store: AttemptStore,
  attempt: Attempt,
  end: AttemptEnd,
  now: Date,
): Promise<void> {
  const { url: _, prompt: __, ...kept } = await store.findSealed(tx, attempt);
  const left = { ...kept, ...end };
  await store.move(tx, attempt, left, now);
  if (left.bankAttempt || left.grant) await enqueueEndAtBank(tx, attempt);
}

/** The job that ends at the bank what an attempt has left there. */
export async function enqueueEndAtBank(tx: Tx, attempt: AttemptKey): Promise<void> {
  await enqueue(tx, {
    task: endAtBankTask,
    payload: { merchantId: attempt.merchantId, attemptId: attempt.id },
    key: endJobKey(attempt),
    maxAttempts: 12,
  });
}

import { BankFailure } from '../banking/failure.ts';
import type { Step as BankStep } from '../banking/step.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { type AttemptKey, reasonOfFailure } from './attempt.ts';
import type { FailureReason } from './views/texts/texts.ts';

/** What came of a call to a bank: a step of its protocol, or no answer that can be used. */
export type BankAnswer = BankStep | { readonly kind: 'failed'; readonly reason: FailureReason };

/**
 * Calls a connector and never throws: whatever goes wrong is a reason that the user is told and a line for the
 * operator. A thrown thing that the contract does not know may quote the bank's answer, so only its place is logged.
 */
export async function askBank(
  logger: Logger,
  attempt: AttemptKey,
  call: () => Promise<BankStep>,
): Promise<BankAnswer> {
  const ids = { merchantId: attempt.merchantId, attemptId: attempt.id };
  try {
    const step = await call();
    if (step.kind !== 'redirect' || isWebAddress(step.url)) return step;
    logger.error(ids, 'a bank wants its user sent to an address that is not of the web');
    return { kind: 'failed', reason: 'internal' };
  } catch (error) {
    if (error instanceof BankFailure) {
      const { httpStatus, bankCode } = error.details;
      logger.warn(
        { ...ids, kind: error.kind, httpStatus, bankCode, what: error.message },
        'a bank call failed',
      );
      return { kind: 'failed', reason: reasonOfFailure[error.kind] };
    }
    logger.error({ ...ids, ...placeOf(error) }, 'a connector broke its contract');
    return { kind: 'failed', reason: 'internal' };
  }
}

function isWebAddress(url: string): boolean {
  return ['https:', 'http:'].includes(URL.parse(url)?.protocol ?? '');
}

function placeOf(error: unknown): { type: string; stack?: string[] } {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { type: error.name, stack: frames.map((line) => line.trim()) };
}

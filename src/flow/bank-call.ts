import { BankFailure } from '../banking/failure.ts';
import type { Step as BankStep, FormField } from '../banking/step.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { type AttemptKey, reasonOfFailure } from './attempt.ts';
import { bytesOfImage } from './challenge-image.ts';
import type { FailureReason } from './views/texts/texts.ts';

const maxFields = 8;
const maxOptions = 30;

/** What came of a call to a bank: a step of its protocol, or no answer that can be used. */
export type BankAnswer =
  | BankStep
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly retryAfterMs?: number };

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
    const fault = faultOf(step);
    if (fault === undefined)
      return withoutBadImage(step, () => logger.warn(ids, 'a picture to scan is none'));
    logger.error(ids, fault);
    return { kind: 'failed', reason: 'internal' };
  } catch (error) {
    if (error instanceof BankFailure) {
      const { httpStatus, bankCode, retryAfterMs } = error.details;
      logger.warn(
        { ...ids, kind: error.kind, httpStatus, bankCode, what: error.message },
        'a bank call failed',
      );
      const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { kind: 'failed', reason: reasonOfFailure[error.kind], ...retry };
    }
    logger.error({ ...ids, ...placeOf(error) }, 'a connector broke its contract');
    return { kind: 'failed', reason: 'internal' };
  }
}

/** Why nobody can act on this step, in words for the operator. */
function faultOf(step: BankStep): string | undefined {
  if (step.kind === 'redirect' && !isWebAddress(step.url))
    return 'a bank wants its user sent to an address that is not of the web';
  if (step.kind === 'form' && !step.fields.every(isAnswerable))
    return 'a form has a field that nobody can fill in';
  if (step.kind === 'form' && (step.fields.length === 0 || step.fields.length > maxFields))
    return 'a form has no field, or too many';
  return undefined;
}

function isAnswerable({ type, options = [], maxLength }: FormField): boolean {
  if (type === 'choice') return options.length > 0 && options.length <= maxOptions;
  return maxLength >= 1;
}

/** What a page cannot show is left out; the user may still have the code from elsewhere. */
function withoutBadImage(step: BankStep, note: () => void): BankStep {
  if (step.kind !== 'form' || !step.challenge?.image || bytesOfImage(step.challenge.image)) return step;
  note();
  const { image: _, ...challenge } = step.challenge;
  return { ...step, challenge };
}

function isWebAddress(url: string): boolean {
  return ['https:', 'http:'].includes(URL.parse(url)?.protocol ?? '');
}

function placeOf(error: unknown): { type: string; stack?: string[] } {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { type: error.name, stack: frames.map((line) => line.trim()) };
}

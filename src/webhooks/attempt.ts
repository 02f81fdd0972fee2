import type { OutboundReason } from '../platform/outbound/failure.ts';
import { parseRetryAfter, retryDelayMs } from './retry-schedule.ts';

/** What came of sending: the receiver's HTTP status, or why it has none. */
export type AttemptResult =
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly failure: OutboundReason };

/** What becomes of a delivery after an attempt. */
export type AfterAttempt =
  | { readonly status: 'delivered' }
  | { readonly status: 'exhausted' }
  | { readonly status: 'waiting'; readonly nextAttemptAt: Date };

/** Any 2xx is a success. Redirects are not followed: where they lead was never agreed to. */
export function isSuccess(result: AttemptResult): boolean {
  return 'status' in result && result.status >= 200 && result.status < 300;
}

/** The receiver says that this address is gone for good (RFC 9110 section 15.5.11). */
export function isGone(result: AttemptResult): boolean {
  return 'status' in result && result.status === 410;
}

/** @param failuresBefore failed attempts of this run of the schedule, this one not counted */
export function judge(result: AttemptResult, failuresBefore: number, now: Date): AfterAttempt {
  if (isSuccess(result)) return { status: 'delivered' };
  const retryAfterMs = 'status' in result ? parseRetryAfter(result.retryAfter, now) : undefined;
  const delayMs = retryDelayMs(failuresBefore + 1, retryAfterMs);
  if (delayMs === undefined) return { status: 'exhausted' };
  return { status: 'waiting', nextAttemptAt: new Date(now.getTime() + delayMs) };
}

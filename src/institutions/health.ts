import { BankFailure } from '../banking/failure.ts';

/** How a bank has answered lately, whoever asked it for whatever. */
export type Health = 'good' | 'degraded' | 'down';

/** Calls of the last minutes. The newer a call, the more it counts: a bank that is well again soon looks so. */
export interface HealthRecord {
  /** As many as there were. */
  readonly calls: number;
  /** Weighed by age. */
  readonly weight: number;
  readonly failedWeight: number;
  readonly totalMs: number;
}

export const windowMinutes = 15;
/** A call of this age counts half. */
export const halfLifeMinutes = 3;

/** Fewer say nothing about the bank: it may have been one user's bad luck. */
const leastCalls = 3;
const downFrom = 0.8;
const degradedFrom = 0.2;
const slowFromMs = 8_000;

export function healthOf({ calls, weight, failedWeight, totalMs }: HealthRecord): Health {
  if (calls < leastCalls || weight <= 0) return 'good';
  const failed = failedWeight / weight;
  if (failed >= downFrom) return 'down';
  return failed >= degradedFrom || totalMs / weight >= slowFromMs ? 'degraded' : 'good';
}

/**
 * Whether a call failed because the bank does not work for us: it gave no usable answer, or refuses us as such. A
 * refused user or consent is an answer; a call that the bank, or we ourselves, had no budget for says nothing.
 */
export function outcomeOf(error: unknown): 'answered' | 'failed' | 'unknown' {
  if (!(error instanceof BankFailure)) return 'unknown';
  const { kind, details } = error;
  if (details.httpStatus === 429 || details.bankCode === 'ACCESS_EXCEEDED') return 'unknown';
  return kind === 'retry-later' || kind === 'operator-fault' ? 'failed' : 'answered';
}

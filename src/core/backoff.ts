import { randomFraction } from './ids.ts';

/** `delayMs` moved by up to `fraction` of itself either way, so that many waiters do not come back at once. */
export function jittered(delayMs: number, fraction = 0.1): number {
  return Math.round(delayMs * (1 - fraction + 2 * fraction * randomFraction()));
}

/** Doubles from `firstMs` with every attempt (counted from 1) and stops at `maxMs`. */
export function exponentialMs(attempt: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.max(0, attempt - 1));
}

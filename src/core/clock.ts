/**
 * Where business times come from. Everything that compares or stores a business time (expiry, a retry
 * schedule, a consent's end) takes a Clock or a Date, so that a test can move days in a millisecond.
 * Leases are not business times: they use the database's own now().
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Monotonic milliseconds, for durations and timeouts: never leaps when the wall clock is set. */
export function monotonicMs(): number {
  return performance.now();
}

import { jittered } from '../core/backoff.ts';

/**
 * Seconds to wait after each failed attempt, as the vendor's integrators know them: quick at first, then ever
 * slower over a week (7.4 days in all), so that a receiver may be down over a long weekend.
 */
const retryDelaysSeconds = [
  30, 22, 140, 541, 1_426, 3_200, 6_352, 11_585, 19_683, 31_622, 48_558, 71_831, 102_978, 143_739, 196_069,
] as const;

export const maxAttempts = retryDelaysSeconds.length + 1;
const maxRetryAfterMs = 4 * 60 * 60_000;

/**
 * How long to wait after the latest of `failures` failed attempts (1 or more): the schedule's delay, moved by
 * up to a tenth either way, and never less than what the receiver asked for. Undefined: it was the last one.
 */
export function retryDelayMs(failures: number, retryAfterMs = 0, jitter = jittered): number | undefined {
  const seconds = retryDelaysSeconds[failures - 1];
  if (seconds === undefined) return undefined;
  return Math.max(jitter(seconds * 1_000), Math.min(retryAfterMs, maxRetryAfterMs));
}

/**
 * The wait that a `Retry-After` header asks for (RFC 9110 section 10.2.3: seconds, or an HTTP date), of at
 * most four hours; undefined for anything else.
 */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, maxRetryAfterMs);
  // Only the three date forms of HTTP begin with the name of a day; Date.parse alone would take "5.5".
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const waitMs = Date.parse(text) - now.getTime();
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs);
}

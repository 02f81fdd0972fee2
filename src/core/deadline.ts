import { setTimeout as delay } from 'node:timers/promises';

/** Whether the work ends, well or not, before the time is up; it goes on in any case. Never rejects. */
export async function endsWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const waiting = new AbortController();
  const timeIsUp = delay(limitMs, false, { signal: waiting.signal }).catch(() => false);
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, timeIsUp]);
  } finally {
    waiting.abort();
  }
}

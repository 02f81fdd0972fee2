import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxAttempts, parseRetryAfter, retryDelayMs } from './retry-schedule.ts';

const fourHoursMs = 4 * 60 * 60_000;
const exact = (delayMs: number) => delayMs;
const now = new Date('2026-03-01T12:00:00Z');

describe('retry schedule', () => {
  test('15 retries after the first attempt, 7.4 days in all', () => {
    const delays = Array.from({ length: maxAttempts }, (_, index) => retryDelayMs(index + 1, 0, exact));
    expect(maxAttempts).toBe(16);
    expect(delays[0]).toBe(30_000);
    expect(delays[1]).toBe(22_000);
    expect(delays[14]).toBe(196_069_000);
    expect(delays[15]).toBeUndefined();
    const days = delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0) / (24 * 60 * 60_000);
    expect(days).toBeCloseTo(7.38, 2);
  });

  test('stays within a tenth of the schedule, and above what the receiver asked for, up to four hours', () => {
    const anyWait = fc.integer({ min: 0, max: 400_000_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), anyWait, (failures, retryAfterMs) => {
        const planned = retryDelayMs(failures, 0, exact) ?? 0;
        const delay = retryDelayMs(failures, retryAfterMs) ?? 0;
        const asked = Math.min(retryAfterMs, fourHoursMs);
        expect(delay).toBeGreaterThanOrEqual(Math.max(planned * 0.9 - 1, asked));
        expect(delay).toBeLessThanOrEqual(Math.max(planned * 1.1 + 1, asked));
      }),
    );
  });
});

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['31536000', fourHoursMs],
    ['9'.repeat(400), fourHoursMs],
    ['Sun, 01 Mar 2026 12:10:00 GMT', 600_000],
    ['Sun, 01 Mar 2020 12:10:00 GMT', 0],
    ['Mon, 01 Mar 2027 12:10:00 GMT', fourHoursMs],
  ])('%s', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });

  test.each([undefined, '', 'soon', '-5', '1.5', '0x10', '2026-03-01T13:00:00Z', 'Sunday'])(
    '%s is no wait at all',
    (header) => {
      expect(parseRetryAfter(header, now)).toBeUndefined();
    },
  );

  test('anything a receiver can send is undefined or a wait of at most four hours', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.nat().map(String)), (header) => {
        const waitMs = parseRetryAfter(header, now);
        if (waitMs !== undefined) expect(waitMs >= 0 && waitMs <= fourHoursMs).toBe(true);
      }),
    );
  });
});

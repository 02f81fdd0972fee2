import { describe, expect, test } from 'vitest';
import { accessUntil, historyFrom, isIsoDay } from './session-access.ts';

const now = new Date('2027-03-01T10:00:00Z');

describe('how long access lasts', () => {
  test.each([
    ['as long as the bank gives', undefined, 180, '2027-08-28'],
    ['no longer than the law allows, whatever the bank gives', undefined, 400, '2027-08-28'],
    ['cut to what the bank gives', 90, 30, '2027-03-31'],
    ['as asked for', 7, 180, '2027-03-08'],
  ])('%s', (_name, accessDays, bankMaxDays, day) => {
    const session = { access: 'ongoing', ...(accessDays !== undefined && { accessDays }) } as const;
    expect(accessUntil(session, bankMaxDays, now)?.toISOString()).toBe(`${day}T10:00:00.000Z`);
  });

  test('once has no end', () => {
    expect(accessUntil({ access: 'once' }, 180, now)).toBeUndefined();
  });
});

test('history goes back 90 days, or as far as was asked for', () => {
  expect(historyFrom({}, now)).toBe('2026-12-01');
  expect(historyFrom({ transactionsFrom: '2025-01-31' }, now)).toBe('2025-01-31');
});

test.each([
  ['2024-02-29', true],
  ['2023-02-29', false],
  ['2023-13-01', false],
  ['2023-1-1', false],
  ['2023-01-01T00:00:00Z', false],
  ['', false],
])('%s is a day: %s', (text, expected) => {
  expect(isIsoDay(text)).toBe(expected);
});

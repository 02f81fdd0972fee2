import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateIn, daysBefore, endOfLocalDate, localDate, momentOf } from './calendar.ts';

const zones = [
  'Europe/Berlin',
  'UTC',
  'Asia/Kolkata',
  'America/St_Johns',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Pacific/Auckland',
  'America/Havana',
  'Asia/Beirut',
];

describe('local dates', () => {
  it('are those of the bank', () => {
    expect(localDate(new Date('2026-07-01T22:30:00Z'), 'Europe/Berlin')).toBe('2026-07-02');
    expect(localDate(new Date('2026-07-01T22:30:00Z'), 'UTC')).toBe('2026-07-01');
  });

  it.each([
    ['2026-01-15', 'Europe/Berlin', '2026-01-15T23:00:00.000Z'],
    ['2026-07-15', 'Europe/Berlin', '2026-07-15T22:00:00.000Z'],
    // The clocks go forward on the 29th at 2 o'clock, and back on 25 October at 3.
    ['2026-03-28', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-10-24', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
    ['2024-02-29', 'UTC', '2024-03-01T00:00:00.000Z'],
  ])('%s in %s ends at %s', (date, zone, end) => {
    expect(endOfLocalDate(date, zone).toISOString()).toBe(end);
  });

  it('end a moment before the next one begins', () => {
    const instant = fc.date({
      min: new Date('2000-01-01'),
      max: new Date('2100-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (now, zone) => {
        const today = localDate(now, zone);
        const end = endOfLocalDate(today, zone);
        expect(end.getTime()).toBeGreaterThan(now.getTime());
        expect(localDate(new Date(end.getTime() - 1), zone)).toBe(today);
        expect(localDate(end, zone)).not.toBe(today);
      }),
    );
  });
});

it('days are counted by the calendar, whatever the clocks do', () => {
  expect(daysBefore('2026-05-05', 90)).toBe('2026-02-04');
  expect(daysBefore('2024-03-01', 1)).toBe('2024-02-29');
  expect(daysBefore('2026-01-01', 1)).toBe('2025-12-31');
});

describe('moments', () => {
  it.each([
    ['2026-05-04T10:15:00Z', '2026-05-04T10:15:00.000Z'],
    ['2026-05-04T10:15:00.123456+02:00', '2026-05-04T08:15:00.123Z'],
    ['2026-05-04 10:15:00-0330', '2026-05-04T13:45:00.000Z'],
    ['2026-05-04T10:15+02', '2026-05-04T08:15:00.000Z'],
    // Without an offset it is the wall clock of the bank, in summer and in winter.
    ['2026-05-04T10:15:00', '2026-05-04T08:15:00.000Z'],
    ['2026-01-04T10:15:00', '2026-01-04T09:15:00.000Z'],
    // The hour that comes twice, and the one that never comes.
    ['2026-10-25T02:30:00', '2026-10-25T01:30:00.000Z'],
    ['2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(momentOf(text, 'Europe/Berlin')?.toISOString()).toBe(instant);
  });

  it.each([
    '',
    '2026-05-04',
    '2026-02-30T10:00:00Z',
    '2026-05-04T25:00:00Z',
    'soon',
    '10:15',
    '1.5.2026 10:15',
  ])('%j is none', (text) => {
    expect(momentOf(text, 'Europe/Berlin')).toBeUndefined();
  });

  it('without an offset are what the wall clock shows then, in every zone', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        fc.constantFrom(...zones),
        (instant, zone) => {
          const date = localDate(instant, zone);
          const moment = momentOf(`${date}T12:00:00`, zone);
          return moment !== undefined && localDate(moment, zone) === date;
        },
      ),
    );
  });

  it.each([
    ['2026-05-04', '2026-05-04'],
    ['2026-05-04T00:00:00Z', '2026-05-04'],
    ['2026-05-04 00:00', '2026-05-04'],
    ['2026-05-041', undefined],
    ['2026-13-04', undefined],
    ['', undefined],
  ])('%j is on the day %s', (text, date) => {
    expect(dateIn(text)).toBe(date);
  });
});

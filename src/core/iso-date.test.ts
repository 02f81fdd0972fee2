import { expect, it } from 'vitest';
import { isIsoDate } from './iso-date.ts';

it('dates of the calendar are recognised', () => {
  for (const good of ['2026-01-01', '2024-02-29', '9999-12-31']) expect(isIsoDate(good)).toBe(true);
  for (const bad of [
    '',
    '2023-02-29',
    '2026-13-01',
    '2026-1-1',
    '2026-01-01T00:00:00Z',
    '0000-00-00',
    'never',
  ]) {
    expect(isIsoDate(bad)).toBe(false);
  }
});

import { expect, test } from 'vitest';
import { isCountryCode } from './country.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const pairs = letters.flatMap((first) => letters.map((second) => first + second));

test('all that are assigned, each of which Intl knows by name', () => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const assigned = pairs.filter(isCountryCode);
  expect(assigned).toHaveLength(249);
  for (const code of assigned) expect(names.of(code), code).toBeTypeOf('string');
});

test.each(['XX', 'XK', 'EU', 'UN', 'UK', 'ZZ', 'YU', 'AN', 'AC', 'de', '', 'D', 'DEU', ' ', 'AD AE'])(
  '%j is none',
  (text) => {
    expect(isCountryCode(text)).toBe(false);
  },
);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayName, initials } from '../../src/flow/views/display-name.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 600 });
const nasty = fc
  .array(
    fc.constantFrom(
      'A',
      ' ',
      '\u202E',
      '\u2066',
      '\u200B',
      '\u0000',
      '\n',
      '\uFEFF',
      '\uD800',
      '👩‍👩‍👧',
      'ש',
      'é',
      'e\u0301',
    ),
    {
      maxLength: 300,
    },
  )
  .map((parts) => parts.join(''));

test('ordinary names come back as they are', () => {
  for (const name of [
    'Nordlicht Energy',
    'Raiffeisenlandesbank Niederösterreich-Wien AG',
    'Crédit Agricole',
    'N26',
    '三菱',
  ]) {
    expect(displayName(name)).toBe(name);
  }
});

test('a name cannot turn, hide or break the words around it', () => {
  expect(displayName('Bank\u202Egnp.exe')).toBe('Bank gnp.exe');
  expect(displayName('a\u0000b\r\nc\u200Bd')).toBe('a b c d');
  expect(displayName('\u200B \u2066')).toBe('–');
  expect(displayName('בנק הפועלים')).toBe('\u2068בנק הפועלים\u2069');
});

test('of any input comes one short line that is fit to print', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, nasty), (raw) => {
      const name = displayName(raw);
      expect(name.isWellFormed()).toBe(true);
      expect(name).toBe(name.trim());
      expect(name).not.toBe('');
      expect(name.replace(/^\u2068|\u2069$/gu, '')).not.toMatch(
        /[\p{Cc}\u200B\u202A-\u202E\u2066-\u2069\uFEFF]/u,
      );
      const graphemes = [...new Intl.Segmenter('en').segment(name)].length;
      expect(graphemes).toBeLessThanOrEqual(82);
    }),
  );
});

test('a name of a megabyte costs nothing', () => {
  const started = performance.now();
  expect(displayName('e\u0301\u0301'.repeat(400_000)).length).toBeLessThanOrEqual(400);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test.each([
  ['Deutsche Bank', 2, 'DB'],
  ['Sparkasse', 2, 'Sp'],
  ['ING', 2, 'IN'],
  ['N26', 2, 'N2'],
  ['comdirect', 2, 'Co'],
  ['Nordlicht Energy', 1, 'N'],
  ['ßeta & Söhne', 1, 'SS'],
  ['🦊', 2, ''],
  ['', 1, ''],
] as const)('the letters of %j (%i) are %j', (name, count, letters) => {
  expect(initials(name, count)).toBe(letters);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { negotiateLocale } from '../../src/flow/views/accept-language.ts';
import { chooseLocale, isOffered, offeredLocales, textsFor } from '../../src/flow/views/texts/languages.ts';
import { type Locale, locales } from '../../src/sessions/locale.ts';

const offered = ['en', 'de', 'fr'] as const;

test.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['DE-at', 'de'],
  ['zh-Hant-TW, fr;q=0.2', 'fr'],
  ['en;q=0.5, de;q=0.9', 'de'],
  ['fr;q=0.8, de;q=0.8', 'fr'],
  ['de;q=0, en;q=0.1', 'en'],
  ['de-CH;q=0.9, de;q=0, fr;q=0.1', 'fr'],
  ['*', 'en'],
  ['en;q=0.1, *;q=0.5', 'de'],
  ['en;q=0, *', 'de'],
  ['da, *;q=0', null],
  ['da', null],
  ['', null],
  [undefined, null],
  ['de;q=2', null],
  ['de;q=0.1234', null],
  [';;;,,,q=1', null],
  [' de\t; q=0.7 ', 'de'],
])('Accept-Language %j speaks %j', (header, locale) => {
  expect(negotiateLocale(header, offered)).toBe(locale);
});

const quality = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
const ranges = fc.uniqueArray(fc.record({ tag: fc.constantFrom(...locales), quality }), {
  selector: ({ tag }) => tag,
});

test('the answer is an offered locale of the highest weight, never one of weight 0', () => {
  fc.assert(
    fc.property(ranges, (wishes) => {
      const header = wishes.map(({ tag, quality }) => `${tag};q=${quality}`).join(', ');
      const usable = wishes.filter((wish) => wish.quality > 0 && offered.some((tag) => tag === wish.tag));
      const best = Math.max(...usable.map((wish) => wish.quality));
      const expected = usable.find((wish) => wish.quality === best)?.tag ?? null;
      expect(negotiateLocale(header, offered)).toBe(expected);
    }),
  );
});

test('a region of an offered language is as good as the language', () => {
  fc.assert(
    fc.property(fc.constantFrom(...offered), fc.stringMatching(/^[A-Z]{2}$/), (locale, region) => {
      expect(negotiateLocale(`${locale}-${region}, da`, offered)).toBe(locale);
    }),
  );
});

const pieces = fc.constantFrom(
  'de',
  'en',
  '-',
  ';',
  'q=',
  '0.5',
  '1',
  ',',
  ' ',
  '*',
  '\t',
  'AT',
  'ü',
  '\u0000',
  '\uD800',
);

test('no header breaks it, and it stays fast', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 300 }), (parts) => {
      const header = parts.join('');
      const answer = negotiateLocale(header, offered);
      expect(answer === null || offered.includes(answer)).toBe(true);
    }),
  );
  const started = performance.now();
  negotiateLocale(`${'a-'.repeat(1_000_000)},${'de;q=0.1,'.repeat(100_000)}`, offered);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("the user's choice comes before the session's, which comes before the browser's; the last resort is English", () => {
  expect(chooseLocale({ chosen: 'de', session: 'en', acceptLanguage: 'en' })).toBe('de');
  expect(chooseLocale({ session: 'de', acceptLanguage: 'en' })).toBe('de');
  expect(chooseLocale({ acceptLanguage: 'da, de-AT;q=0.4' })).toBe('de');
  expect(chooseLocale({ acceptLanguage: 'da' })).toBe('en');
  expect(chooseLocale({})).toBe('en');
});

test('a locale of the contract without words reads English and is not offered', () => {
  const silent = locales.filter((locale) => !isOffered(locale));
  for (const locale of silent) {
    expect(chooseLocale({ session: locale, acceptLanguage: 'de' })).toBe('en');
    expect(textsFor(locale)).toBe(textsFor('en'));
    expect(offeredLocales).not.toContain(locale);
  }
  expect(offeredLocales).toEqual(expect.arrayContaining<Locale>(['en', 'de']));
});

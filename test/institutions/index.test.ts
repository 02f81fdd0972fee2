import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BankIndex } from '../../src/institutions/bank-index.ts';
import { IndexBuilder } from '../../src/institutions/index-builder.ts';
import { compareBanks, type IndexedBank } from '../../src/institutions/institution.ts';
import { fold } from '../../src/institutions/search-words.ts';
import { Vocabulary } from '../../src/institutions/vocabulary.ts';

let index: BankIndex;

function bank(name: string, more: Partial<IndexedBank> = {}): IndexedBank {
  return {
    id: `de-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
    name,
    markets: ['DE'],
    currencies: ['EUR'],
    protocol: 'berlin-group',
    test: false,
    aliases: [],
    bankCodes: [],
    ...more,
  };
}

const rosenheim = 'Volksbank Raiffeisenbank Rosenheim';

const banks = [
  bank('Deutsche Bank', { popularity: 90, bic: 'DEUTDEFF', bankCodes: ['50070010'] }),
  bank('Deutsche Apotheker- und Ärztebank', { popularity: 10, aliases: ['apoBank'] }),
  bank('Commerzbank', { popularity: 80, bic: 'COBADEFFXXX', bankCodes: ['50040000'] }),
  bank('ING', { popularity: 70, aliases: ['ING-DiBa'] }),
  bank('Ingenieurbank', { popularity: 95 }),
  bank('Sparkasse KölnBonn', { group: 'Sparkasse', bankCodes: ['37050198'] }),
  bank('Stadtsparkasse München', { group: 'Sparkasse', popularity: 5 }),
  bank('Hamburger Sparkasse', { group: 'Sparkasse', aliases: ['Haspa'] }),
  bank('Volksbank Raiffeisenbank Rosenheim', { group: 'Volksbank' }),
  bank('Łódzki Bank Spółdzielczy', { id: 'pl-lodzki', markets: ['PL'], bankCodes: ['87880006'] }),
  bank('Erste Bank', { id: 'at-erste', markets: ['AT'], bankCodes: ['20111'], bic: 'GIBAATWWXXX' }),
  bank('Banca Elba', { id: 'it-elba', markets: ['IT'], bankCodes: ['20111'] }),
  bank('Banca Elba Centro', { id: 'it-elba-centro', markets: ['IT'], bankCodes: ['2011102'] }),
];

async function indexOf(all: readonly IndexedBank[]): Promise<BankIndex> {
  const keyOf = ({ popularity = 0, name, id }: IndexedBank) => ({ popularity, sortName: fold(name), id });
  const builder = new IndexBuilder();
  await builder.add(all.toSorted((one, other) => compareBanks(keyOf(one), keyOf(other))));
  return builder.build();
}

const anywhere = () => true;

function found(text: string, wanted: Parameters<BankIndex['search']>[1] = anywhere): string[] {
  return index
    .search(text, wanted)
    .page(0, 100)
    .map(({ name }) => name);
}

beforeAll(async () => {
  index = await indexOf(banks);
});

describe('what people type', () => {
  test.each([
    ['the whole name', 'commerzbank', ['Commerzbank']],
    ['the beginning of a word', 'commer', ['Commerzbank']],
    ['a word in the middle', 'rosenheim', ['Volksbank Raiffeisenbank Rosenheim']],
    ['words in any order', 'rosen raiff', ['Volksbank Raiffeisenbank Rosenheim']],
    ['without spaces', 'deutschebank', ['Deutsche Bank']],
    ['with a space too many', 'commerz bank', ['Commerzbank']],
    ['an alias', 'apobank', ['Deutsche Apotheker- und Ärztebank']],
    ['an accent left out', 'munchen', ['Stadtsparkasse München']],
    ['an umlaut spelled out', 'Muenchen', ['Stadtsparkasse München']],
    ['an umlaut', 'Ärztebank', ['Deutsche Apotheker- und Ärztebank']],
    ['letters that Unicode does not take apart', 'lodzki spoldzielczy', ['Łódzki Bank Spółdzielczy']],
    [
      'a popular bank before another one with that beginning',
      'deutsche',
      ['Deutsche Bank', 'Deutsche Apotheker- und Ärztebank'],
    ],
    ['the very name before a more popular beginning', 'ing', ['ING', 'Ingenieurbank']],
    [
      'members by their group',
      'sparkasse',
      ['Sparkasse KölnBonn', 'Hamburger Sparkasse', 'Stadtsparkasse München'],
    ],
  ])('%s', (_what, text, names) => {
    expect(found(text)).toEqual(names);
  });

  test.each([
    ['a letter left out', 'comerzbank'],
    ['a letter too many', 'commmerzbank'],
    ['another letter', 'commersbank'],
    ['two letters swapped', 'commezrbank'],
    ['two slips in a long word', 'komerzbank'],
  ])('forgives %s', (_what, text) => {
    expect(found(text)).toEqual(['Commerzbank']);
  });

  test.each([
    ['a letter left out', 'deutschbank', ['Deutsche Bank']],
    ['another letter', 'deutschabank', ['Deutsche Bank']],
    ['two slips', 'deuschebnk', ['Deutsche Bank']],
    ['the nearer one before the one with two slips', 'bancaelbo', ['Banca Elba', 'Banca Elba Centro']],
    ['a slip in an alias', 'ingdibba', ['ING']],
    ['but not what is in the middle of a name', 'apotekerundarztebank', []],
    ['a slip in what is too long to be looked at whole', 'volksbnkraiffeisenbankrosenheim', [rosenheim]],
  ])('forgives, without spaces: %s', (_what, text, names) => {
    expect(found(text)).toEqual(names);
  });

  test.each([
    ['of two words that do not follow one another', 'volksbankrosenheim', [rosenheim]],
    ['in another order', 'munchenstadtsparkasse', ['Stadtsparkasse München']],
    ['and the end', 'volksbankrosen', [rosenheim]],
    ['with a slip in one of them', 'volksbankrosnheim', [rosenheim]],
    ['and both with a slip', 'volksbnkrosnheim', []],
    ['with a slip in what is short beside any bank', 'elbobank', []],
  ])('misses the space %s', (_what, text, names) => {
    expect(found(text)).toEqual(names);
  });

  test('an alias without its spaces', () => {
    expect(found('ingdiba')).toEqual(['ING']);
  });

  test('forgives one slip in a word of four to seven letters, and none in a shorter one', () => {
    expect(found('hapsa')).toEqual(['Hamburger Sparkasse']);
    expect(found('hpasx')).toEqual([]);
    expect(found('imm')).toEqual([]);
  });

  test('what fits as it stands is not watered down by what only resembles it', () => {
    expect(found('hamburger')).toEqual(['Hamburger Sparkasse']);
  });
});

describe('numbers', () => {
  test.each([
    ['a BIC', 'COBADEFFXXX', ['Commerzbank']],
    ['a BIC without its branch', 'deutdeff', ['Deutsche Bank']],
    ['the beginning of a BIC', 'COBADE', ['Commerzbank']],
    ['a bank code', '500 400 00', ['Commerzbank']],
    ['an IBAN', 'DE89 3705 0198 0532 0130 00', ['Sparkasse KölnBonn']],
    ['as much of an IBAN as names the bank', 'DE89 3705 0198', ['Sparkasse KölnBonn']],
    ['an IBAN of a country whose codes are shorter', 'AT61 2011 1002 3457 3201', ['Erste Bank']],
    ['a check letter before the code', 'IT60 X201 1100 0000 0000 0123 456', ['Banca Elba']],
    ['the longest code that fits', 'IT60 X201 1102 0000 0000 0123 456', ['Banca Elba Centro']],
    ['an IBAN of no bank here', 'DE89 9999 9999 0532 0130 00', []],
  ])('%s', (_what, text, names) => {
    expect(found(text)).toEqual(names);
  });
});

test('pages follow one another without a gap', () => {
  const matches = index.search('bank', anywhere);
  const all = matches.page(0, 100);
  expect(matches.count).toBe(all.length);
  const paged = Array.from({ length: all.length }, (_, at) => matches.page(at, 1)).flat();
  expect(paged).toEqual(all);
  expect(matches.page(all.length, 10)).toEqual([]);
});

test('only what is wanted is found', () => {
  expect(found('bank', ({ markets }) => markets.includes('AT'))).toEqual(['Erste Bank']);
});

/** The edit distance of optimal string alignment, by its definition. */
function distance(one: string, other: string): number {
  const rows = Array.from({ length: one.length + 1 }, (_, down) =>
    Array.from({ length: other.length + 1 }, (_, across) => (down === 0 ? across : across === 0 ? down : 0)),
  );
  const at = (down: number, across: number) => rows[down]?.[across] ?? 0;
  for (let down = 1; down <= one.length; down += 1)
    for (let across = 1; across <= other.length; across += 1) {
      const cost = one[down - 1] === other[across - 1] ? 0 : 1;
      let least = Math.min(
        at(down - 1, across) + 1,
        at(down, across - 1) + 1,
        at(down - 1, across - 1) + cost,
      );
      if (one[down - 1] === other[across - 2] && one[down - 2] === other[across - 1])
        least = Math.min(least, at(down - 2, across - 2) + 1);
      (rows[down] ?? [])[across] = least;
    }
  return at(one.length, other.length);
}

test('a slip is what the definition says, whatever stands next to a word', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength: 9 });
  const words = fc.uniqueArray(word, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(words, word, fc.integer({ min: 0, max: 2 }), (all, typed, edits) => {
      const sorted = all.toSorted();
      const expected = sorted.flatMap((whole, place) => {
        const beginnings = Array.from({ length: whole.length + 1 }, (_, length) => whole.slice(0, length));
        return beginnings.some((beginning) => distance(typed, beginning) <= edits) ? [place] : [];
      });
      expect(new Vocabulary(sorted).within(typed, edits)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('any text at all is an answer', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      const matches = index.search(text, anywhere);
      expect(matches.page(0, 5).length).toBe(Math.min(5, matches.count));
    }),
    { numRuns: 300 },
  );
});

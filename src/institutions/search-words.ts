/** Letters that Unicode does not take apart, as people type them. */
const spelledOut: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
const unlike = new RegExp(`[${Object.keys(spelledOut).join('')}]`, 'g');

/** A search of more words than this is no better for it. */
const maxWords = 8;
/** More of a word tells no two banks apart. */
export const maxWordChars = 24;

/**
 * Lower case, without accents and punctuation, single spaces. `ä`, `ae` and `a` become one, and so with o and u:
 * people write München, Muenchen and Munchen.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(unlike, (letter) => spelledOut[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replace(/([aou])e/g, '$1');
}

export function wordsOf(text: string): string[] {
  const folded = fold(text);
  if (folded === '') return [];
  return folded.split(' ', maxWords).map((word) => word.slice(0, maxWordChars));
}

/** The same without spaces: some write a name so. */
export function joinedName(words: readonly string[]): string {
  return words.join('').slice(0, maxWordChars);
}

/** How many slips of the keyboard a word of this length is forgiven. */
export function forgivenEdits(word: string): number {
  if (word.length < 4) return 0;
  return word.length < 8 ? 1 : 2;
}

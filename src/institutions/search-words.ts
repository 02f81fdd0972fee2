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

/** How many slips of the keyboard a word of this length is forgiven. */
export function forgivenEdits(word: string): number {
  if (word.length < 4) return 0;
  return word.length < 8 ? 1 : 2;
}

/** Which letters a word has, a bit each: words that lack too many of another's letters need no closer look. */
export function letterMask(word: string): number {
  let mask = 0;
  for (let at = 0; at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    const bit = code >= 97 && code <= 122 ? code - 97 : code <= 57 ? 26 : 27;
    mask |= 1 << bit;
  }
  return mask;
}

export function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

const columns = maxWordChars + 1;
let before = new Uint8Array(columns);
let last = new Uint8Array(columns);
let row = new Uint8Array(columns);

/**
 * Whether `typed` is a beginning of `word` (or the whole) but for so many letters left out, put in, changed or
 * swapped with their neighbour (optimal string alignment).
 */
export function isBeginning(typed: string, word: string, edits: number): boolean {
  const width = Math.min(typed.length, maxWordChars);
  const height = Math.min(word.length, width + edits);
  for (let at = 0; at <= width; at += 1) last[at] = at;
  if (width <= edits) return true;
  for (let down = 1; down <= height; down += 1) {
    const letter = word.charCodeAt(down - 1);
    row[0] = down;
    let least = down;
    for (let at = 1; at <= width; at += 1) {
      const same = typed.charCodeAt(at - 1) === letter;
      let cost = Math.min((row[at - 1] ?? 0) + 1, (last[at] ?? 0) + 1, (last[at - 1] ?? 0) + (same ? 0 : 1));
      const swapped =
        at > 1 &&
        down > 1 &&
        typed.charCodeAt(at - 2) === letter &&
        typed.charCodeAt(at - 1) === word.charCodeAt(down - 2);
      if (swapped) cost = Math.min(cost, (before[at - 2] ?? 0) + 1);
      row[at] = cost;
      if (cost < least) least = cost;
    }
    if ((row[width] ?? 0) <= edits) return true;
    if (least > edits) return false;
    [before, last, row] = [last, row, before];
  }
  return false;
}

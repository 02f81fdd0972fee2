declare const checked: unique symbol;

/**
 * A name that may stand inside a sentence. The texts accept nothing else, so that no name from outside can
 * reorder, hide or flood the words around it.
 */
export type DisplayName = string & { readonly [checked]: true };

const maxNameGraphemes = 80;
const maxTextGraphemes = 500;
/** Cut before segmenting: a grapheme may be any number of code points long. */
const maxUnitsPerGrapheme = 5;

/** Controls, line breaks, and characters that draw nothing or turn the direction of text (Unicode TR 36). */
const invisible =
  /[\p{Cc}\p{Zl}\p{Zp}\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]/gu;
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Makes a name of a merchant or a bank fit to be printed in a sentence of either direction. Ordinary names
 * come back unchanged; an empty one becomes an en dash.
 */
export function displayName(raw: string): DisplayName {
  return display(raw, maxNameGraphemes);
}

/** Makes what a bank says to its user fit to be shown: one paragraph, and no more than fits on a phone. */
export function displayText(raw: string): DisplayName {
  return display(raw, maxTextGraphemes);
}

function display(raw: string, maxGraphemes: number): DisplayName {
  const cut = raw.slice(0, maxGraphemes * maxUnitsPerGrapheme);
  const visible = cut.toWellFormed().replace(invisible, ' ').replace(/\s+/gu, ' ').trim();
  const name = shorten(visible, maxGraphemes);
  // First strong isolate and its end: the sentence keeps its own direction around the name.
  const isolated = rightToLeft.test(name) ? `\u2068${name}\u2069` : name;
  return (isolated === '' ? '–' : isolated) as DisplayName;
}

/** The letters of a monogram: `DB` for Deutsche Bank, `Sp` for Sparkasse, `IN` for ING. */
export function initials(name: string, count: 1 | 2): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const [first = '', second = ''] = words;
  if (count === 2 && words.length > 1) return (firstLetter(first) + firstLetter(second)).toUpperCase();
  return firstLetter(first).toUpperCase() + (count === 2 ? ([...first][1] ?? '') : '');
}

function firstLetter(word: string): string {
  return [...word][0] ?? '';
}

function shorten(name: string, maxGraphemes: number): string {
  if (name.length <= maxGraphemes) return name; // nearly always, and segmenting is slow
  const parts = [...graphemes.segment(name)];
  if (parts.length <= maxGraphemes) return name;
  return `${parts
    .slice(0, maxGraphemes - 1)
    .map((part) => part.segment)
    .join('')
    .trimEnd()}…`;
}

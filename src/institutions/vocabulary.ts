import { forgivenEdits, maxWordChars } from './search-words.ts';
import { firstFrom } from './sorted-texts.ts';

const mostEdits = 2;
/** Shorter words stand in too many others. */
const shortestHalf = 3;
/** A slip in less, beside a word such as "bank", would make any name of any other. */
const shortestStrange = 6;
const mostHalves = 3;
const columns = maxWordChars + 1;
const rows = maxWordChars + mostEdits + 1;

interface Found {
  readonly from: number;
  readonly to: number;
  readonly exact: boolean;
}

/** Every word that some bank is found by, once, in order of code units; a word is known by its place. */
export class Vocabulary {
  readonly #words: readonly string[];
  /** How many letters each word has in common with the one before it. */
  readonly #common: Uint8Array;
  /** Edit distances, a row for each letter of a word: see `resembling`. */
  readonly #distances = new Uint8Array(rows * columns);

  constructor(words: readonly string[]) {
    this.#words = words;
    this.#common = Uint8Array.from(words, (word, place) => commonLetters(words[place - 1] ?? '', word));
  }

  /** The places of the words that begin with `typed`; the word itself, if there is one, is the first. */
  beginningWith(typed: string): Found {
    const from = firstFrom(this.#words, typed);
    return { from, to: firstFrom(this.#words, `${typed}\uffff`), exact: this.#words[from] === typed };
  }

  /**
   * The likeliest ways to take two words for one of which the space is missing: the first as it stands, and the second
   * as far as it was typed. Less likely, one of them has a slip.
   */
  halvesOf(typed: string): [string, string][] {
    const likely: [string, string][] = [];
    const possible: [string, string][] = [];
    for (let at = shortestHalf; at <= typed.length - shortestHalf; at += 1) {
      const [first, second] = [typed.slice(0, at), typed.slice(at)];
      const [one, other] = [this.beginningWith(first), this.beginningWith(second)];
      const isStrange = (half: string, { from, to }: Found) => from === to && half.length >= shortestStrange;
      if (one.exact && other.from < other.to) likely.push([first, second]);
      else if ((one.exact && isStrange(second, other)) || (other.exact && isStrange(first, one)))
        possible.push([first, second]);
    }
    return [...likely, ...possible].slice(0, mostHalves);
  }

  /** The places of the words whose beginning `typed` is, but for the slips that its length is forgiven. */
  resembling(typed: string): number[] {
    return this.within(typed, forgivenEdits(typed));
  }

  /**
   * The places of the words that begin with something that so many edits make of `typed`: a letter left out, put in,
   * changed, or swapped with its neighbour (optimal string alignment). Words stand in order, so the rows of what a
   * word has in common with the one before are there already, and so is what came of them.
   * @param edits at most two
   */
  within(typed: string, edits: number): number[] {
    const width = Math.min(typed.length, maxWordChars);
    for (let at = 0; at <= width; at += 1) this.#distances[at] = at;
    const found: number[] = [];
    let known = 0;
    let decidedAt = width <= edits ? 0 : Number.POSITIVE_INFINITY;
    let matches = width <= edits;
    for (let place = 0; place < this.#words.length; place += 1) {
      const common = this.#common[place] ?? 0;
      if (common < decidedAt) {
        const word = this.#words[place] ?? '';
        const height = Math.min(word.length, width + edits);
        decidedAt = Number.POSITIVE_INFINITY;
        matches = false;
        for (let down = Math.min(common, known) + 1; down <= height; down += 1) {
          const least = this.#fillRow(typed, width, word, down);
          known = down;
          matches = (this.#distances[down * columns + width] ?? 0) <= edits;
          if (!matches && least <= edits) continue;
          decidedAt = down;
          break;
        }
        if (decidedAt === Number.POSITIVE_INFINITY) known = Math.min(known, height);
      }
      if (matches) found.push(place);
    }
    return found;
  }

  /** The distances of the first `down` letters of a word from each beginning of `typed`; the least of them. */
  #fillRow(typed: string, width: number, word: string, down: number): number {
    const cells = this.#distances;
    const row = down * columns;
    const letter = word.charCodeAt(down - 1);
    cells[row] = down;
    let least = down;
    for (let at = 1; at <= width; at += 1) {
      const above = row - columns + at;
      const same = typed.charCodeAt(at - 1) === letter ? 0 : 1;
      let cost = Math.min(
        (cells[row + at - 1] ?? 0) + 1,
        (cells[above] ?? 0) + 1,
        (cells[above - 1] ?? 0) + same,
      );
      const swapped =
        at > 1 &&
        down > 1 &&
        typed.charCodeAt(at - 2) === letter &&
        typed.charCodeAt(at - 1) === word.charCodeAt(down - 2);
      if (swapped) cost = Math.min(cost, (cells[above - columns - 2] ?? 0) + 1);
      cells[row + at] = cost;
      if (cost < least) least = cost;
    }
    return least;
  }
}

function commonLetters(one: string, other: string): number {
  let count = 0;
  while (count < one.length && count < other.length && one.charCodeAt(count) === other.charCodeAt(count))
    count += 1;
  return count;
}

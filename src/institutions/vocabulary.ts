import { bitCount, forgivenEdits, isBeginning, letterMask } from './search-words.ts';

/** Every word that some bank is found by, once, in order of code units; a word is known by its place. */
export class Vocabulary {
  readonly #words: readonly string[];
  readonly #masks: Int32Array;

  constructor(words: readonly string[]) {
    this.#words = words;
    this.#masks = Int32Array.from(words, letterMask);
  }

  get size(): number {
    return this.#words.length;
  }

  /** The place of a word that is there. */
  placeOf(word: string): number {
    return this.#firstFrom(word);
  }

  /** The places of the words that begin with `typed`; the word itself, if there is one, is the first. */
  beginningWith(typed: string): { from: number; to: number; exact: boolean } {
    const from = this.#firstFrom(typed);
    return { from, to: this.#firstFrom(`${typed}\uffff`), exact: this.#words[from] === typed };
  }

  /** The places of the words whose beginning `typed` is, but for a slip or two. */
  resembling(typed: string): number[] {
    const edits = forgivenEdits(typed);
    const mask = letterMask(typed);
    const found: number[] = [];
    for (let place = 0; place < this.#masks.length; place += 1) {
      const lacking = mask & ~(this.#masks[place] ?? 0);
      if (bitCount(lacking) > edits) continue;
      if (isBeginning(typed, this.#words[place] ?? '', edits)) found.push(place);
    }
    return found;
  }

  #firstFrom(word: string): number {
    let low = 0;
    let high = this.#words.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#words[middle] ?? '') < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

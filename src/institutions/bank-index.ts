import { codesIn, fullBic, readBankNumber } from './bank-number.ts';
import type { CodeTable } from './code-table.ts';
import type { ListedBank } from './institution.ts';
import { fold, forgivenEdits, joinedName, maxWordChars, wordsOf } from './search-words.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Which banks a search may find at all. */
export type Wanted = (bank: ListedBank) => boolean;

/** Matches, best first; with equal matches, in the order of the catalogue. */
export interface Matches {
  readonly count: number;
  page(skip: number, limit: number): ListedBank[];
  each(): Iterable<ListedBank>;
}

/** What is known of all banks, laid out for searching. Places are the order of the catalogue. */
export interface IndexParts {
  readonly banks: readonly ListedBank[];
  readonly vocabulary: Vocabulary;
  /** The banks of word n are `postings` from `starts[n]` on: a place times two, and one more if not by its name. */
  readonly starts: Int32Array;
  readonly postings: Int32Array;
  /** The first word of each bank's name, and how many words it has. */
  readonly leads: Int32Array;
  readonly nameWords: Uint8Array;
  /** Banks for which every `Wanted` says the same, as one of them stands for them. */
  readonly kindOf: Int32Array;
  readonly kinds: readonly ListedBank[];
  /** Names and aliases of several words, written as one; and the same to be searched with slips, place by place. */
  readonly joinedNames: CodeTable;
  readonly joinedWords: Vocabulary;
  readonly bics: CodeTable;
  readonly bankCodes: CodeTable;
}

const byAlias = 1;
const byBeginning = 3;
const byWord = 4;
const nameStartsSo = 3;
const wholeName = 1;
const grades = 64;

/** A shorter name without spaces is no more than the beginning of a word. */
const shortestJoined = 4;

/**
 * All banks of an installation, built once and then only read. A word of the search has to be (the beginning of) a
 * word that the bank is found by; where no bank has all words, spaces may be missing, and slips of the keyboard are
 * forgiven.
 */
export class BankIndex {
  readonly #parts: IndexParts;
  /** How many words of the search were met, how well, and the last of them how well; by bank. */
  readonly #met: Uint8Array;
  readonly #grade: Uint8Array;
  readonly #best: Uint8Array;

  constructor(parts: IndexParts) {
    this.#parts = parts;
    this.#met = new Uint8Array(parts.banks.length);
    this.#grade = new Uint8Array(parts.banks.length);
    this.#best = new Uint8Array(parts.banks.length);
  }

  /** The groups whose name the text begins, or is. */
  groupsNamed(text: string, wanted: Wanted): string[] {
    const typed = fold(text);
    if (typed === '') return [];
    const groups = this.#parts.kinds.filter(wanted).flatMap(({ group }) => group ?? []);
    return [...new Set(groups)].filter((group) => fold(group).startsWith(typed)).sort();
  }

  get kinds(): readonly ListedBank[] {
    return this.#parts.kinds;
  }

  /** In the order of the catalogue. */
  all(wanted: Wanted): Matches {
    const allowed = this.#allowed(wanted);
    const found: number[] = [];
    const { kindOf } = this.#parts;
    for (let bank = 0; bank < kindOf.length; bank += 1)
      if (allowed[kindOf[bank] ?? 0] === 1) found.push(bank);
    return this.#matches([found]);
  }

  /** Name, alias, group, BIC, bank code or IBAN, as typed. */
  search(text: string, wanted: Wanted): Matches {
    const allowed = this.#allowed(wanted);
    const number = readBankNumber(text);
    if (number?.kind === 'iban') return this.#matches([this.#ofIban(number, allowed)]);
    const words = wordsOf(text);
    const named = number ? this.#ofCode(number.code, allowed) : [];
    if (named.length > 0) return this.#matches(this.#ranked(named, this.#ofWords(words, allowed, false)));
    for (const graded of this.#tries(words, allowed))
      if (graded.some((banks) => banks.length > 0)) return this.#matches(graded);
    return this.#matches([]);
  }

  /** Ever further from what was typed: as it stands, taken apart or together, then with slips. */
  *#tries(words: readonly string[], allowed: Uint8Array): Generator<number[][]> {
    const { vocabulary, joinedNames, joinedWords } = this.#parts;
    const joined = joinedName(words);
    const apart = words.length > 1 ? [words, [joined]] : [words];
    for (const each of apart) yield this.#ofWords(each, allowed, false);
    if (joined.length < shortestJoined) return;
    yield [this.#only(joinedNames.beginningWith(joined), allowed)];
    const halves = words.length === 1 ? vocabulary.halvesOf(joined) : [];
    for (const each of halves) yield this.#ofWords(each, allowed, false);
    for (const each of apart) yield this.#ofWords(each, allowed, true);
    for (let edits = 1; edits <= forgivenEdits(joined); edits += 1) {
      // Both were cut to one length: what was left out in front has let so many letters more in at the end.
      const places = joinedWords.within(joined.slice(0, maxWordChars - edits), edits);
      yield [this.#only(joinedNames.at(places), allowed)];
    }
    for (const each of halves) yield this.#ofWords(each, allowed, true);
  }

  /** The banks that have this very BIC. */
  withBic(bic: string, wanted: Wanted): Matches {
    const allowed = this.#allowed(wanted);
    return this.#matches([this.#only(this.#parts.bics.having(fullBic(bic)), allowed)]);
  }

  #allowed(wanted: Wanted): Uint8Array {
    return Uint8Array.from(this.#parts.kinds, (kind) => Number(wanted(kind)));
  }

  #only(banks: readonly number[], allowed: Uint8Array): number[] {
    const { kindOf } = this.#parts;
    return [...new Set(banks)].filter((bank) => allowed[kindOf[bank] ?? 0] === 1).sort((a, b) => a - b);
  }

  #ofCode(code: string, allowed: Uint8Array): number[] {
    const { bics, bankCodes } = this.#parts;
    return this.#only([...bics.beginningWith(code), ...bankCodes.beginningWith(code)], allowed);
  }

  /** The code that fits the most digits decides: shorter ones are of whole groups. */
  #ofIban({ country, bban }: { country: string; bban: string }, allowed: Uint8Array): number[] {
    for (const code of codesIn(bban)) {
      const found = this.#only(this.#parts.bankCodes.having(code), allowed).filter((bank) =>
        this.#isIn(bank, country),
      );
      if (found.length > 0) return found;
    }
    return [];
  }

  /** The same digits are another bank's elsewhere. */
  #isIn(place: number, country: string): boolean {
    const bank = this.#parts.banks[place];
    return (
      bank?.markets.includes(country) === true || bank?.id.startsWith(`${country.toLowerCase()}-`) === true
    );
  }

  /** Those that a number names come first. */
  #ranked(named: readonly number[], graded: readonly (readonly number[])[]): (readonly number[])[] {
    const known = new Set(named);
    return [...graded.map((banks) => banks.filter((bank) => !known.has(bank))), named];
  }

  /** The banks that have all words, by grade. */
  #ofWords(words: readonly string[], allowed: Uint8Array, forgiving: boolean): number[][] {
    const graded: number[][] = Array.from({ length: grades }, () => []);
    if (words.length === 0) return graded;
    const { kindOf, nameWords } = this.#parts;
    this.#met.fill(0);
    this.#grade.fill(0);
    for (const [order, word] of words.entries()) this.#meet(order, word, forgiving);
    for (let bank = 0; bank < kindOf.length; bank += 1) {
      if (this.#met[bank] !== words.length || allowed[kindOf[bank] ?? 0] !== 1) continue;
      const whole = nameWords[bank] === words.length ? wholeName : 0;
      graded[(this.#grade[bank] ?? 0) + whole]?.push(bank);
    }
    return graded;
  }

  #meet(order: number, word: string, forgiving: boolean): void {
    const { from, to, exact } = this.#parts.vocabulary.beginningWith(word);
    for (let place = from; place < to; place += 1)
      this.#meetWord(order, place, exact && place === from ? byWord : byBeginning);
    if (!forgiving) return;
    for (const place of this.#parts.vocabulary.resembling(word)) this.#meetWord(order, place, byAlias);
  }

  #meetWord(order: number, place: number, how: number): void {
    const { starts, postings, leads } = this.#parts;
    const met = this.#met;
    const grade = this.#grade;
    const best = this.#best;
    const end = starts[place + 1] ?? 0;
    for (let at = starts[place] ?? 0; at < end; at += 1) {
      const posting = postings[at] ?? 0;
      const bank = posting >> 1;
      const lead = order === 0 && leads[bank] === place ? nameStartsSo : 0;
      const value = (posting & 1) === 1 ? byAlias : how + lead;
      if (met[bank] === order) {
        met[bank] = order + 1;
        grade[bank] = (grade[bank] ?? 0) + value;
        best[bank] = value;
      } else if (met[bank] === order + 1 && value > (best[bank] ?? 0)) {
        grade[bank] = (grade[bank] ?? 0) + value - (best[bank] ?? 0);
        best[bank] = value;
      }
    }
  }

  #matches(graded: readonly (readonly number[])[]): Matches {
    const { banks } = this.#parts;
    return {
      count: graded.reduce((sum, places) => sum + places.length, 0),
      page: (skip, limit) => {
        const taken: number[] = [];
        let passed = 0;
        for (const places of graded.toReversed()) {
          const from = Math.max(0, skip - passed);
          passed += places.length;
          for (const place of places.slice(from, from + limit - taken.length)) taken.push(place);
          if (taken.length >= limit) break;
        }
        return taken.flatMap((place) => banks[place] ?? []);
      },
      *each() {
        for (const places of graded.toReversed())
          for (const place of places) {
            const bank = banks[place];
            if (bank) yield bank;
          }
      },
    };
  }
}

import { setImmediate as pause } from 'node:timers/promises';
import { BankIndex } from './bank-index.ts';
import { fullBic } from './bank-number.ts';
import { CodeTable } from './code-table.ts';
import type { IndexedBank, ListedBank } from './institution.ts';
import { joinedName, wordsOf } from './search-words.ts';
import { Vocabulary } from './vocabulary.ts';

/** Banks at a time, or words: short enough that requests in between are not kept waiting. */
const slice = 500;

/** Takes banks in the order of the catalogue and makes what they are searched by. Pauses often. */
export class IndexBuilder {
  readonly #banks: ListedBank[] = [];
  /** Each word's number, in the order of first sight. */
  readonly #numbers = new Map<string, number>();
  /** Word and bank in pairs: a word's number, and a posting. */
  readonly #pairs: number[] = [];
  readonly #leads: number[] = [];
  readonly #nameWords: number[] = [];
  readonly #kindOf: number[] = [];
  readonly #kindNumbers = new Map<string, number>();
  readonly #kinds: ListedBank[] = [];
  readonly #joined = new Map<string, number[]>();
  readonly #bics = new Map<string, number[]>();
  readonly #codes = new Map<string, number[]>();

  async add(banks: Iterable<IndexedBank>): Promise<void> {
    let count = 0;
    for (const bank of banks) {
      this.#addOne(bank);
      count += 1;
      if (count % slice === 0) await pause();
    }
  }

  async build(): Promise<BankIndex> {
    const sorted = await sortInSlices([...this.#numbers.keys()]);
    const places = new Int32Array(sorted.length);
    for (const [place, word] of sorted.entries()) places[this.#numbers.get(word) ?? 0] = place;
    await pause();
    const starts = this.#starts(places);
    await pause();
    const postings = this.#postings(places, starts);
    await pause();
    const joinedNames = await tableOf(this.#joined);
    return new BankIndex({
      banks: this.#banks,
      vocabulary: new Vocabulary(sorted),
      starts,
      postings,
      leads: Int32Array.from(this.#leads, (number) => (number < 0 ? number : (places[number] ?? -1))),
      nameWords: Uint8Array.from(this.#nameWords),
      kindOf: Int32Array.from(this.#kindOf),
      kinds: this.#kinds,
      joinedNames,
      joinedWords: new Vocabulary(joinedNames.codes),
      bics: await tableOf(this.#bics),
      bankCodes: await tableOf(this.#codes),
    });
  }

  #addOne({ aliases, bankCodes, ...bank }: IndexedBank): void {
    const place = this.#banks.length;
    const kind = this.#kinds[this.#kindNumber(bank)] ?? bank;
    // What many banks have alike is kept once.
    this.#banks.push({
      ...bank,
      markets: kind.markets,
      currencies: kind.currencies,
      protocol: kind.protocol,
    });
    this.#kindOf.push(this.#kindNumber(bank));
    const name = wordsOf(bank.name);
    const byName = new Set(name);
    const alsoCalled = aliases.map(wordsOf);
    for (const words of [name, ...alsoCalled])
      if (words.length > 1) note(this.#joined, joinedName(words), place);
    const others = new Set([...alsoCalled.flat(), ...wordsOf(bank.group ?? '')]);
    for (const word of byName) this.#pairs.push(this.#numberOf(word), place * 2);
    for (const word of others) if (!byName.has(word)) this.#pairs.push(this.#numberOf(word), place * 2 + 1);
    this.#leads.push(name[0] === undefined ? -1 : this.#numberOf(name[0]));
    this.#nameWords.push(name.length);
    if (bank.bic !== undefined) note(this.#bics, fullBic(bank.bic), place);
    for (const code of bankCodes) note(this.#codes, code, place);
  }

  #numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    this.#numbers.set(word, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** All that a search is narrowed by. */
  #kindNumber(bank: ListedBank): number {
    const { test, protocol, markets, currencies, group = '', popularity = 0 } = bank;
    const key = JSON.stringify([test, protocol, markets, currencies, group, popularity > 0]);
    const known = this.#kindNumbers.get(key);
    if (known !== undefined) return known;
    this.#kindNumbers.set(key, this.#kinds.length);
    this.#kinds.push(bank);
    return this.#kinds.length - 1;
  }

  /** Counting sort, first half: where the banks of each word begin. */
  #starts(places: Int32Array): Int32Array {
    const starts = new Int32Array(places.length + 1);
    for (let at = 0; at < this.#pairs.length; at += 2) {
      const next = (places[this.#pairs[at] ?? 0] ?? 0) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
    for (let at = 1; at < starts.length; at += 1) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
    return starts;
  }

  #postings(places: Int32Array, starts: Int32Array): Int32Array {
    const next = starts.slice();
    const postings = new Int32Array(this.#pairs.length / 2);
    for (let at = 0; at < this.#pairs.length; at += 2) {
      const place = places[this.#pairs[at] ?? 0] ?? 0;
      const to = next[place] ?? 0;
      postings[to] = this.#pairs[at + 1] ?? 0;
      next[place] = to + 1;
    }
    return postings;
  }
}

function note(places: Map<string, number[]>, code: string, place: number): void {
  const known = places.get(code);
  if (known) known.push(place);
  else places.set(code, [place]);
}

async function tableOf(places: ReadonlyMap<string, readonly number[]>): Promise<CodeTable> {
  const sorted = await sortInSlices([...places.keys()]);
  const banks = sorted.map((code) => places.get(code) ?? []);
  return new CodeTable(
    sorted.flatMap((code, at) => (banks[at] ?? []).map(() => code)),
    Int32Array.from(banks.flat()),
  );
}

/** By first letter, then each heap by itself, so that no single sort takes long. */
async function sortInSlices(words: readonly string[]): Promise<string[]> {
  const heaps = new Map<string, string[]>();
  for (const word of words) {
    const heap = heaps.get(word.slice(0, 1));
    if (heap) heap.push(word);
    else heaps.set(word.slice(0, 1), [word]);
  }
  const sorted: string[] = [];
  for (const letter of [...heaps.keys()].sort()) {
    for (const word of (heaps.get(letter) ?? []).sort()) sorted.push(word);
    await pause();
  }
  return sorted;
}

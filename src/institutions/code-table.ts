import { firstFrom } from './sorted-texts.ts';

/** Codes (BICs or bank codes) and the banks that have them, by their place in the catalogue. */
export class CodeTable {
  readonly #codes: readonly string[];
  readonly #banks: Int32Array;

  /** @param codes sorted by code unit; a code that several banks have is there several times */
  constructor(codes: readonly string[], banks: Int32Array) {
    this.#codes = codes;
    this.#banks = banks;
  }

  /** For searches that forgive slips. */
  get codes(): readonly string[] {
    return this.#codes;
  }

  /** The banks of the codes at these places. */
  at(places: readonly number[]): number[] {
    return places.map((place) => this.#banks[place] ?? 0);
  }

  having(code: string): number[] {
    return this.#while(code, (other) => other === code);
  }

  beginningWith(typed: string): number[] {
    return this.#while(typed, (other) => other.startsWith(typed));
  }

  #while(from: string, holds: (code: string) => boolean): number[] {
    const banks: number[] = [];
    const codes = this.#codes;
    for (let at = firstFrom(codes, from); at < codes.length && holds(codes[at] ?? ''); at += 1)
      banks.push(this.#banks[at] ?? 0);
    return banks;
  }
}

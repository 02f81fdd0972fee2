import { unreadable, unreadableRow } from '../errors.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import type { MtEntry } from './mt940-entry.ts';

/** `:61:...` with the lines that belong to it. */
interface MtField {
  readonly tag: string;
  readonly lines: [string, ...string[]];
}

/** SWIFT allows two thousand characters in a message; banks write longer ones, but never such a field. */
const maxFieldLength = 1_024 * 1_024;

/**
 * Reads a text of SWIFT messages piece by piece and keeps no more of it than the entry being read. What stands outside
 * of fields is the network's envelope.
 */
export class MtEntries {
  /** There was a message, even if without an entry. */
  hasStatement = false;
  /** The line that has not ended. */
  #line = '';
  #field: MtField | undefined;
  /** Of the open field, and of the line. */
  #held = 0;
  #currency: string | undefined;
  #isInterim = false;
  #entry: MtEntry | undefined;
  #complete: MtEntry[] = [];

  /** The entries that this piece completes. @throws BankFailure for one whose currency nobody told */
  read(piece: string): readonly MtEntry[] {
    const text = this.#line + piece;
    // Whether a carriage return ends a line alone is known by what follows it.
    const known = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, known).split(/\r\n|\n|\r/);
    this.#line = (lines.pop() ?? '') + text.slice(known);
    for (const line of lines) this.#take(line);
    if (this.#held + this.#line.length > maxFieldLength)
      throw unreadable(operation, 'the answer has a field without an end');
    return this.#taken();
  }

  /** The last entries. @throws BankFailure */
  end(): readonly MtEntry[] {
    this.#take(this.#line.replace(/\r$/, ''));
    this.#close();
    this.#completeEntry();
    return this.#taken();
  }

  #taken(): readonly MtEntry[] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  #take(line: string): void {
    const [, tag, value = ''] = /^(?:\{4:)?:(\d\d[A-Z]?):(.*)$/.exec(line) ?? [];
    const isEnd = tag === undefined && /^-\}?$|^\{/.test(line);
    if (tag === undefined && !isEnd) {
      this.#field?.lines.push(line);
      if (this.#field !== undefined) this.#held += line.length + 1;
      return;
    }
    this.#close();
    this.#held = 0;
    this.#field = tag === undefined ? undefined : { tag, lines: [value] };
  }

  /** The field is complete: one of an entry, or one that tells what entries have in common. */
  #close(): void {
    if (this.#field === undefined) return;
    const { tag, lines } = this.#field;
    this.#field = undefined;
    if (tag === '86' && this.#entry !== undefined) {
      this.#complete.push({ ...this.#entry, information: lines });
      this.#entry = undefined;
      return;
    }
    this.#completeEntry();
    this.#open(tag, lines);
  }

  #open(tag: string, [first, ...others]: MtField['lines']): void {
    if (tag === '20') {
      this.hasStatement = true;
      this.#currency = undefined;
    }
    // 60a opens a statement of booked entries, 34F (the floor limit) an interim report.
    if (tag === '60F' || tag === '60M') {
      this.#currency = /^[CD]\d{6}([A-Z]{3})/.exec(first)?.[1];
      this.#isInterim = false;
    }
    if (tag === '34F') {
      this.#currency = /^([A-Z]{3})/.exec(first)?.[1];
      this.#isInterim = true;
    }
    if (tag !== '61') return;
    const [currency, isInterim] = [this.#currency, this.#isInterim];
    if (currency === undefined) throw unreadableRow(operation, 'currency');
    this.hasStatement = true;
    this.#entry = { line: first, supplement: others, information: [], currency, isInterim };
  }

  /** Nothing more is said about the entry. */
  #completeEntry(): void {
    if (this.#entry !== undefined) this.#complete.push(this.#entry);
    this.#entry = undefined;
  }
}

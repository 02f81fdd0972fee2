import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** A keyed set of immutable values. With more than its limit of entries it forgets the oldest ones. */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): void;
  clear(): void;
  values(): Iterable<T>;
}

type Line = readonly [collection: string, key: string, value?: unknown];
type Write = (line: Line) => void;

/** Rewriting the file pays when this many of its lines are history that nobody needs. */
const staleLinesBeforeRewrite = 1_000;

/**
 * The bank's memory: collections in RAM, each change a JSON line appended to one file before it is
 * acknowledged, so that a killed process loses nothing that it has answered for (a lost machine may lose
 * the last moment: lines are not synced one by one). Without a file, memory only. One process per file.
 */
export class Journal {
  readonly #file: string | undefined;
  readonly #collections = new Map<string, Entries<object>>();
  #descriptor: number | undefined;
  #bytes = 0;

  constructor(file?: string) {
    this.#file = file;
  }

  /** Declares a collection; all of them before `open`. */
  collection<T extends object>(name: string, maxEntries: number): Collection<T> {
    const entries = new Entries<T>(name, maxEntries, (line) => this.#append(line));
    this.#collections.set(name, entries);
    return entries;
  }

  /**
   * Reads the file back. A last line without its end is what a kill in mid-append leaves: it was never
   * acknowledged and is cut off.
   * @throws Error that names file and line if any other line is damaged
   */
  open(): void {
    if (this.#file === undefined) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    const lineCount = this.#replay(this.#file);
    if (lineCount - this.#liveEntries() > staleLinesBeforeRewrite) this.#rewrite(this.#file);
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    ftruncateSync(this.#descriptor, this.#bytes);
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #replay(file: string): number {
    const content = readIfThere(file);
    this.#bytes = content.lastIndexOf(0x0a) + 1;
    const lines = content.toString('utf8', 0, this.#bytes).split('\n').slice(0, -1);
    for (const [index, text] of lines.entries()) {
      const line = parseLine(text);
      if (line === undefined)
        throw new Error(`${file}, line ${index + 1}, is damaged; move the file away to start anew`);
      this.#collections.get(line[0])?.restore(line[1], line[2]);
    }
    return lines.length;
  }

  #rewrite(file: string): void {
    const lines = [...this.#collections.values()].flatMap((entries) => entries.lines());
    const content = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    this.#bytes = Buffer.byteLength(content);
  }

  #liveEntries(): number {
    return [...this.#collections.values()].reduce((sum, entries) => sum + entries.size, 0);
  }

  /** Whole or not at all: what a full disk let through of a line is taken back. */
  #append(line: Line): void {
    if (this.#descriptor === undefined) return;
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#bytes);
      throw error;
    }
    this.#bytes += bytes.length;
  }
}

class Entries<T extends object> implements Collection<T> {
  readonly #name: string;
  readonly #maxEntries: number;
  readonly #write: Write;
  readonly #entries = new Map<string, T>();

  constructor(name: string, maxEntries: number, write: Write) {
    this.#name = name;
    this.#maxEntries = maxEntries;
    this.#write = write;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  put(key: string, value: T): void {
    this.#write([this.#name, key, value]);
    this.#set(key, value);
  }

  delete(key: string): void {
    if (!this.#entries.has(key)) return;
    this.#write([this.#name, key]);
    this.#entries.delete(key);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }

  values(): Iterable<T> {
    return this.#entries.values();
  }

  restore(key: string, value: unknown): void {
    if (value === undefined) this.#entries.delete(key);
    else this.#set(key, value as T);
  }

  lines(): Line[] {
    return [...this.#entries].map(([key, value]) => [this.#name, key, value]);
  }

  #set(key: string, value: T): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#maxEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

function parseLine(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (!Array.isArray(line) || typeof line[0] !== 'string' || typeof line[1] !== 'string') return undefined;
    return [line[0], line[1], line[2]];
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

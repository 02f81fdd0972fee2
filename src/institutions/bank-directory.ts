import { createRequire } from 'node:module';
import path from 'node:path';
import { fullBic, readBankNumber } from './bank-number.ts';
import { fold } from './search-words.ts';

type Data = typeof import('bankdata-germany');

/** A bank as its central bank lists it, whether or not anybody can reach it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly bic?: string;
}

const shortestName = 4;

/**
 * The directory of German banks, the Bundesbank's own, by IBAN, bank code, BIC and name. Loaded when it is first asked,
 * which most processes never are.
 */
export class BankDirectory {
  #loading: Promise<{ data: Data; names: readonly (readonly [folded: string, code: string])[] }> | undefined;

  /** The bank that the text names beyond doubt. */
  async find(text: string): Promise<DirectoryEntry | undefined> {
    const number = readBankNumber(text);
    if (number?.kind === 'iban')
      return number.country === 'DE' ? this.#byCode(number.bban.slice(0, 8)) : undefined;
    const byNumber = number && ((await this.#byCode(number.code)) ?? (await this.#byBic(number.code)));
    return byNumber ?? this.#byName(text);
  }

  async #byCode(code: string): Promise<DirectoryEntry | undefined> {
    if (!/^[1-9]\d{7}$/.test(code)) return undefined;
    return toEntry((await this.#load()).data.bankDataByBLZ(code));
  }

  async #byBic(code: string): Promise<DirectoryEntry | undefined> {
    if (!/^[A-Z0-9]{4}DE[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(code)) return undefined;
    return toEntry((await this.#load()).data.bankDataByBIC(fullBic(code)));
  }

  /** A beginning that several banks share names none of them. */
  async #byName(text: string): Promise<DirectoryEntry | undefined> {
    const typed = fold(text);
    if (typed.length < shortestName) return undefined;
    const { data, names } = await this.#load();
    const whole = names.filter(([name]) => name === typed);
    const begun = whole.length > 0 ? whole : names.filter(([name]) => name.startsWith(typed));
    const [first] = begun;
    if (!first || begun.some(([name]) => name !== first[0])) return undefined;
    const bics = begun.map(([, code]) => data.bankDataByBLZ(code)?.bic ?? '');
    return isOneBank(bics) ? toEntry(data.bankDataByBLZ(first[1])) : undefined;
  }

  async #load() {
    this.#loading ??= load();
    return this.#loading;
  }
}

async function load() {
  const data = await import('bankdata-germany');
  // The package looks banks up by number only; the list that it looks in has their names.
  const require = createRequire(import.meta.url);
  const list = path.join(path.dirname(require.resolve('bankdata-germany')), 'data', 'current.json');
  const banks = require(list) as Readonly<Record<string, readonly [name: string, bic?: string]>>;
  return { data, names: Object.entries(banks).map(([code, [name]]) => [fold(name), code] as const) };
}

/** The branches of a bank begin their BICs alike; so do all cooperative banks, of which many have the same name. */
function isOneBank(bics: readonly string[]): boolean {
  const parties = new Set(bics.map((bic) => bic.slice(0, 4)));
  return bics.length === 1 || (parties.size === 1 && !parties.has('GENO'));
}

function toEntry(found: ReturnType<Data['bankDataByBLZ']>): DirectoryEntry | undefined {
  if (!found) return undefined;
  return { name: found.bankName, ...(found.bic ? { bic: found.bic } : {}) };
}

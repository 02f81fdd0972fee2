import type { Connectors } from '../banking/connector.ts';
import { isCountryCode } from '../core/country.ts';
import { bankIdPattern, type Institution, isBankId, maxBankIdChars } from './institution.ts';

/** A row of a file: what stands under each name, and the line on which it begins. */
export interface FileRow {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Fault {
  readonly line: number;
  readonly what: string;
}

/** What a row may say, in the order of the documentation. */
export const fieldsOfRow = [
  'id',
  'name',
  'markets',
  'currencies',
  'bic',
  'bankCodes',
  'aliases',
  'group',
  'logo',
  'url',
  'protocol',
  'test',
  'popularity',
  'profile',
] as const;

export type RowField = (typeof fieldsOfRow)[number];

const visible = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u;
const maxNameChars = 140;
const maxCodes = 5_000;
const maxAliases = 50;
export const maxPopularity = 1_000;

/** Reads one row. Faults are all noted, so that nobody mends a file one import at a time. */
export class RowReader {
  readonly #connectors: Connectors;

  constructor(connectors: Connectors) {
    this.#connectors = connectors;
  }

  /** Undefined where there was a fault. */
  read({ line, fields }: FileRow, faults: Fault[]): Institution | undefined {
    const before = faults.length;
    const note = (what: string) => faults.push({ line, what });
    const field = new FieldReader(fields, note);
    for (const name of Object.keys(fields))
      if (!fieldsOfRow.some((known) => known === name)) note(`${name} is no field of a bank`);
    const bank = {
      id:
        field.text(
          'id',
          isBankId,
          `must match ${bankIdPattern}, with at most ${maxBankIdChars} characters`,
        ) ?? '',
      name: field.text('name', isName, `must be visible text of at most ${maxNameChars} characters`) ?? '',
      markets: field.list('markets', isCountryCode, 'must be country codes such as DE', { max: 249 }) ?? [],
      currencies:
        field.list('currencies', isCurrency, 'must be currency codes such as EUR', { max: 50 }) ?? [],
      protocol: field.text('protocol', (name) => this.#connectors.has(name), this.#protocols()) ?? '',
      test: field.flag('test') ?? false,
      aliases:
        field.list('aliases', isName, 'must be visible text', { max: maxAliases, mayMiss: true }) ?? [],
      bankCodes:
        field.list('bankCodes', isBankCode, 'must be bank codes as they stand in an IBAN', {
          max: maxCodes,
          mayMiss: true,
        }) ?? [],
      popularity: field.whole('popularity', maxPopularity) ?? 0,
      ...field.optional('bic', isBic, 'must be a BIC of 8 or 11 characters'),
      ...field.optional('group', isName, `must be visible text of at most ${maxNameChars} characters`),
      ...field.optional(
        'logo',
        isLogoFile,
        'must be the path of a .png, .webp or .svg file, below this file’s folder',
      ),
      ...field.optional('url', isWebAddress, 'must be an https address'),
      profile: field.object('profile') ?? {},
    };
    if (faults.length === before) this.#checkProfile(bank, note);
    return faults.length === before ? bank : undefined;
  }

  #checkProfile(bank: Institution, note: (what: string) => void): void {
    try {
      this.#connectors.get(bank.protocol)?.checkProfile(bank);
    } catch (error) {
      note(error instanceof Error ? error.message : 'the profile cannot be read');
    }
  }

  #protocols(): string {
    return `must be one of ${[...this.#connectors.keys()].join(', ')}`;
  }
}

/** Fields of a row that has them by name; what is wrong is noted with the field's name. */
class FieldReader {
  readonly #fields: FileRow['fields'];
  readonly #note: (what: string) => void;

  constructor(fields: FileRow['fields'], note: (what: string) => void) {
    this.#fields = fields;
    this.#note = note;
  }

  text(name: RowField, holds: (text: string) => boolean, expected: string): string | undefined {
    const value = this.#given(name);
    if (value === undefined) return this.#fault(name, 'is missing');
    return typeof value === 'string' && holds(value) ? value : this.#fault(name, expected);
  }

  optional<Name extends RowField>(
    name: Name,
    holds: (text: string) => boolean,
    expected: string,
  ): { [field in Name]?: string } {
    if (this.#given(name) === undefined) return {};
    const value = this.text(name, holds, expected);
    return value === undefined ? {} : ({ [name]: value } as { [field in Name]?: string });
  }

  list(
    name: RowField,
    holds: (text: string) => boolean,
    expected: string,
    { max, mayMiss = false }: { max: number; mayMiss?: boolean },
  ): string[] | undefined {
    const value = this.#given(name);
    if (value === undefined) return mayMiss ? undefined : this.#fault(name, 'is missing');
    if (!Array.isArray(value)) return this.#fault(name, 'must be a list');
    const texts = value.filter((item): item is string => typeof item === 'string' && holds(item));
    if (texts.length < value.length) return this.#fault(name, expected);
    if (texts.length > max) return this.#fault(name, `must have at most ${max} entries`);
    if (texts.length === 0 && !mayMiss) return this.#fault(name, 'is empty');
    return [...new Set(texts)];
  }

  flag(name: RowField): boolean | undefined {
    const value = this.#given(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#fault(name, 'must be true or false');
  }

  whole(name: RowField, most: number): number | undefined {
    const value = this.#given(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
    return this.#fault(name, `must be a whole number from 0 to ${most}`);
  }

  object(name: RowField): Readonly<Record<string, unknown>> | undefined {
    const value = this.#given(name);
    if (value === undefined) return this.#fault(name, 'is missing');
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#fault(name, 'must be an object');
    // jsonb has no NUL and no half of a character.
    const text = JSON.stringify(value);
    if (/\\u0000|\\ud[89a-f]/i.test(text)) return this.#fault(name, 'has text that cannot be stored');
    return value as Readonly<Record<string, unknown>>;
  }

  #given(name: RowField): unknown {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    return value === null || value === '' ? undefined : value;
  }

  #fault(name: RowField, what: string): undefined {
    this.#note(`${name} ${what}`);
  }
}

function isName(text: string): boolean {
  return text.length <= maxNameChars && text.isWellFormed() && visible.test(text) && text.trim() === text;
}

function isCurrency(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

/** ISO 9362:2022: four characters of the party, country, two of the place, and perhaps three of the branch. */
function isBic(text: string): boolean {
  return /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(text);
}

function isBankCode(text: string): boolean {
  return /^[A-Z0-9]{2,12}$/.test(text);
}

function isLogoFile(text: string): boolean {
  const safe = /^[A-Za-z0-9._/-]{1,200}\.(?:png|webp|svg)$/.test(text);
  return safe && !text.startsWith('/') && !text.split('/').includes('..');
}

function isWebAddress(text: string): boolean {
  if (text.length > 500 || !/^https:\/\/[^\s@]+$/.test(text)) return false;
  return URL.canParse(text);
}

import { isCalendarDate } from '../clock.ts';
import { formatError } from './tpp-error.ts';

/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function objectAt(value: unknown, path: string): Fields {
  if (!isObject(value)) throw formatError(path, 'An object is expected here.');
  return value;
}

export function arrayAt(value: unknown, path: string, maxLength: number): readonly unknown[] {
  if (!Array.isArray(value)) throw formatError(path, 'An array is expected here.');
  if (value.length > maxLength) throw formatError(path, `At most ${maxLength} entries are taken.`);
  return value;
}

export function booleanAt(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw formatError(name, 'true or false is expected here, without quotes.');
  return value;
}

export function integerAt(fields: Fields, name: string): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || typeof value !== 'number') {
    throw formatError(name, 'A whole number is expected here, without quotes.');
  }
  return value;
}

export function dateAt(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !isCalendarDate(value)) {
    throw formatError(name, 'A calendar date as YYYY-MM-DD is expected here.');
  }
  return value;
}

/** A text of one of the given values. */
export function oneOfAt<T extends string>(value: unknown, path: string, values: readonly T[]): T {
  const found = values.find((each) => each === value);
  if (found === undefined) throw formatError(path, `One of these is expected here: ${values.join(', ')}.`);
  return found;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

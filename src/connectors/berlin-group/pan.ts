import { isObject, type JsonObject, textOf } from './json.ts';

/**
 * The masked card number of an account reference. A full one is masked before anybody can store it: it is
 * not ours to keep (PCI DSS 3.5).
 */
export function maskedPanIn(reference: JsonObject): string | undefined {
  const pan = textOf(reference, 'pan');
  const maskedPan = textOf(reference, 'maskedPan') ?? textOf(reference, 'maskedPAN');
  if (maskedPan !== undefined) return isFullPan(maskedPan) ? masked(maskedPan) : maskedPan;
  return pan && masked(pan);
}

/** A bank's value, and in a copy where it has full card numbers those masked, however deep they stand. */
export function withoutPans(value: unknown): unknown {
  return hasPan(value) ? copyWithoutPans(value) : value;
}

/** Looks without making anything: hardly any of a hundred thousand rows has one. */
function hasPan(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const name in value) {
    if (isPanName(name) || hasPan((value as Readonly<Record<string, unknown>>)[name])) return true;
  }
  return false;
}

function isPanName(name: string): boolean {
  return (name.length === 3 || name.length === 9) && /^(?:masked)?pan$/i.test(name);
}

function copyWithoutPans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyWithoutPans);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutPan(name, each)]));
}

function withoutPan(name: string, value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return copyWithoutPans(value);
  if (name.length === 3 && name.toLowerCase() === 'pan') return masked(String(value));
  return name.toLowerCase() === 'maskedpan' && isFullPan(String(value)) ? masked(String(value)) : value;
}

/** ISO/IEC 7812: 8 to 19 digits; shorter ones in this place are the last digits of a card. */
function isFullPan(text: string): boolean {
  return /^[\d\s-]+$/.test(text) && text.replace(/\D/g, '').length >= 12;
}

function masked(pan: string): string {
  return pan.length > 10
    ? `${pan.slice(0, 6)}${'*'.repeat(pan.length - 10)}${pan.slice(-4)}`
    : '*'.repeat(pan.length);
}

import type { AccountIdentifier } from '../../../banking/account.ts';
import { cleanText } from '../json.ts';
import { maxRemittanceLength } from '../transaction-mapping.ts';

/** What field 86 says about an entry. */
export interface MtInformation {
  readonly description?: string | undefined;
  readonly name?: string | undefined;
  readonly account?: AccountIdentifier | undefined;
  /** The business code and its companions, as banks write them into other formats (`166+9310+997`). */
  readonly codes: readonly string[];
}

/** A business code of three digits, a sign that separates, and numbered parts: the German form. */
const structured = /^(\d{3})([?<>+@#*|~^!§%&$])(?=\d\d)/;

export function informationOf(lines: readonly string[]): MtInformation {
  const text = lines.join('');
  const opening = structured.exec(text);
  if (opening === null) return { description: clean(lines.map((line) => line.trim()).join('\n')), codes: [] };
  const [start, code = '', separator = ''] = opening;
  return ofParts(code, partsOf(text.slice(start.length - 1), separator));
}

const remittanceParts = [...range(20, 29), ...range(60, 63)];
const knownParts: ReadonlySet<string> = new Set(['00', '10', ...remittanceParts, ...range(30, 34)]);

/**
 * The texts by their number; lines of the field break anywhere, and mean nothing here. A number that is none of
 * the format or comes again is text in which the separator stands.
 */
function partsOf(text: string, separator: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  let current = '';
  for (const part of text.split(patternOf(separator)).slice(1)) {
    const number = part.slice(0, 2);
    const isText = parts.has(number) || !knownParts.has(number);
    if (!isText) current = number;
    parts.set(current, isText ? `${parts.get(current) ?? ''}${separator}${part}` : part.slice(2));
  }
  return parts;
}

const patterns = new Map<string, RegExp>();

function patternOf(separator: string): RegExp {
  const pattern = patterns.get(separator) ?? new RegExp(`\\${separator}(?=\\d\\d)`);
  patterns.set(separator, pattern);
  return pattern;
}

function ofParts(code: string, parts: ReadonlyMap<string, string>): MtInformation {
  const texts = (numbers: readonly string[]) => numbers.flatMap((number) => parts.get(number) ?? []);
  const tagged = taggedTexts(texts(remittanceParts));
  const ultimate = tagged.get('ABWA') ?? tagged.get('ABWE');
  const text = tagged.get('SVWZ') || tagged.get('') || parts.get('00');
  return {
    description: clean(text),
    name: cleanText(joined(texts(['32', '33']))) ?? cleanText(ultimate),
    account: accountOf(parts.get('30'), parts.get('31') ?? tagged.get('IBAN')),
    codes: [code, ...texts(['10', '34'])].flatMap((each) => cleanText(each) ?? []),
  };
}

const tags = 'EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SREF|SVWZ|ABWA|ABWE|IBAN|BIC';
const startsWithTag = new RegExp(`^(${tags})\\+\\s?`);
const beforeTag = new RegExp(`(?:^|\\s)(?=(?:${tags})\\+)`);

/** SEPA's fields inside the remittance parts, by their tag; what stands before the first one has none. */
function taggedTexts(parts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    joined(parts)
      .split(beforeTag)
      .map((field): [string, string] => {
        const [opening = '', name = ''] = startsWithTag.exec(field) ?? [];
        return [name, field.slice(opening.length)];
      }),
  );
}

/** A part holds 27 characters: a full one is cut in the middle of a word, a shorter one is a line that ended. */
const partLength = 27;

function joined(parts: readonly string[]): string {
  return parts.reduce((text, part, at) => {
    const before = parts[at - 1] ?? '';
    const goesOn = before.length >= partLength && !startsWithTag.test(part);
    return at === 0 ? part : `${text}${goesOn ? '' : '\n'}${part}`;
  }, '');
}

/** An IBAN, or bank code and number of an account as Germany wrote them before. */
function accountOf(bankCode: string | undefined, account: string | undefined): AccountIdentifier | undefined {
  const text = account?.replace(/\s/g, '') ?? '';
  if (/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return { type: 'iban', iban: text };
  const bank = bankCode?.trim() ?? '';
  if (/^\d{8}$/.test(bank) && /^\d{1,10}$/.test(text)) {
    return { type: 'bban', bban: `${bank}${text.padStart(10, '0')}`, country: 'DE' };
  }
  const bban = cleanText(text);
  return bban === undefined ? undefined : { type: 'bban', bban };
}

/** Line by line: a line feed is the one control character that stays. */
function clean(text: string | undefined): string | undefined {
  const lines = (text ?? '').split('\n').flatMap((line) => cleanText(line, maxRemittanceLength) ?? []);
  return lines.length === 0 ? undefined : lines.join('\n').slice(0, maxRemittanceLength).toWellFormed();
}

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
}

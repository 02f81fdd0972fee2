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
  const opening = structured.exec(lines[0] ?? '');
  if (opening === null)
    return { description: clean(lines.flatMap((line) => line.trim() || []).join('\n')), codes: [] };
  const [start, code = '', separator = ''] = opening;
  return ofParts(code, partsOf(lines.join('').slice(start.length - 1), separator));
}

/** The texts by their number; lines of the field break anywhere, and mean nothing here. */
function partsOf(text: string, separator: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(new RegExp(`\\${separator}(?=\\d\\d)`)).slice(1)) {
    const number = part.slice(0, 2);
    if (!parts.has(number)) parts.set(number, part.slice(2));
  }
  return parts;
}

const remittanceParts = [...range(20, 29), ...range(60, 63)];

function ofParts(code: string, parts: ReadonlyMap<string, string>): MtInformation {
  const texts = (numbers: readonly string[]) => numbers.flatMap((number) => parts.get(number) ?? []);
  const tagged = taggedTexts(texts(remittanceParts));
  const ultimate = tagged.get('ABWA') ?? tagged.get('ABWE');
  const text = tagged.get('SVWZ') ?? tagged.get('') ?? parts.get('00');
  return {
    description: clean(text),
    name: cleanText(joined(texts(['32', '33']))) ?? cleanText(ultimate),
    account: accountOf(parts.get('30'), parts.get('31') ?? tagged.get('IBAN')),
    codes: [code, ...texts(['10', '34'])].flatMap((each) => cleanText(each) ?? []),
  };
}

const tag = /^(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+\s?/;

/** SEPA's fields inside the remittance parts, by their tag; what stands before the first one has none. */
function taggedTexts(parts: readonly string[]): ReadonlyMap<string, string> {
  const byTag = new Map<string, string[]>();
  let current = '';
  for (const part of parts) {
    const found = tag.exec(part);
    current = found?.[1] ?? current;
    byTag.set(current, [...(byTag.get(current) ?? []), part.slice(found?.[0].length ?? 0)]);
  }
  return new Map(
    [...byTag].map(([name, pieces]) => [name, joined(pieces, name === '' ? 0 : name.length + 1)]),
  );
}

/** A part holds 27 characters: a full one is cut in the middle of a word, a shorter one is a line that ended. */
const partLength = 27;

function joined(pieces: readonly string[], firstIsShorterBy = 0): string {
  return pieces.reduce((text, piece, at) => {
    const before = pieces[at - 1] ?? '';
    const isFull = before.length + (at === 1 ? firstIsShorterBy : 0) >= partLength;
    return at === 0 ? piece : `${text}${isFull ? '' : '\n'}${piece}`;
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

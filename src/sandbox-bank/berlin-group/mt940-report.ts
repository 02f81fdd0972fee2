import { addDays } from '../clock.ts';
import { type Account, numberText } from '../personas/account.ts';
import type { Entry } from '../personas/entry.ts';
import { bookedCents } from './balance-wire.ts';
import type { Call } from './operation.ts';
import type { ReadAccount } from './reading.ts';
import { booksOf, rowsOn } from './report.ts';
import type { ReportRequest } from './report-request.ts';

/**
 * The whole report as MT940 (SWIFT), piece by piece, oldest row first, with field 86 divided by `?` as German banks do
 * it; a message for each currency, each closed by a line with a hyphen.
 */
export function* mt940Report(call: Call, reading: ReadAccount, asked: ReportRequest): Generator<string> {
  for (const [index, account] of reading.ledgers.entries())
    for (const lines of message(call, asked, account, index + 1)) yield `${lines.join('\r\n')}\r\n`;
}

function* message(
  call: Call,
  asked: ReportRequest,
  account: Account,
  page: number,
): Generator<readonly string[]> {
  const { currency } = account;
  let cents = bookedCents(booksOf(call), account, addDays(asked.dateFrom, -1));
  yield [
    ':20:STARTUMSE',
    `:25:${numberText(account.number)}`,
    `:28C:00000/${page.toString().padStart(3, '0')}`,
    `:60F:${balance(cents, asked.dateFrom, currency)}`,
  ];
  for (const row of rowsOn(call, account, asked, 'oldestFirst')) {
    cents += row.cents;
    yield statementLines(row);
  }
  yield [`:62F:${balance(cents, asked.dateTo, currency)}`, '-'];
}

function balance(cents: number, day: string, currency: string): string {
  return `${cents < 0 ? 'D' : 'C'}${shortDate(day)}${currency}${amount(cents)}`;
}

/** Fields 61 and 86: value date, booking date, sign, amount, kind, references; then what is told of it. */
function statementLines(entry: Entry): readonly string[] {
  const { day, cents, shownId } = entry;
  const reference = shownId === undefined ? '' : `//${shownId.replaceAll('-', '').slice(0, 16)}`;
  const sign = cents < 0 ? 'D' : 'C';
  const date = `${shortDate(day)}${shortDate(day).slice(2)}`;
  return [`:61:${date}${sign}${amount(cents)}NTRFNONREF${reference}`, ...folded(`:86:${details(entry)}`)];
}

/** Field 86 has six lines of 65 characters. */
const maxRemittanceFields = 9;

/** Sub-fields: 00 posting text, 20-29 remittance, 31 account, 32-33 name; 27 characters each. */
function details({ cents, text, counterparty, reference }: Entry): string {
  const structured = reference === undefined ? '' : `SREF+${reference} `;
  const remittance = chunks(`${structured}SVWZ+${plain(text)}`, 27).slice(0, maxRemittanceFields);
  const numbered = remittance.map((part, index) => `?${20 + index}${part}`);
  const [first = '', second] = chunks(plain(counterparty.name), 27);
  const name = `?32${first}${second === undefined ? '' : `?33${second}`}`;
  const [code, words] = cents < 0 ? ['177', 'SEPA-UEBERWEISUNG'] : ['166', 'SEPA-GUTSCHRIFT'];
  return `${code}?00${words}${numbered.join('')}?31${counterparty.iban}${name}`;
}

/** At most 65 characters a line, none of which begins like a field or the end of a message. */
function folded(text: string): readonly string[] {
  return text.match(/.{1,65}(?![-:])/g) ?? [];
}

function chunks(text: string, length: number): readonly string[] {
  return text.match(new RegExp(`.{1,${length}}`, 'g')) ?? [];
}

/** `?` divides sub-fields and `:` fields: neither is let through. */
function plain(text: string): string {
  return text.replaceAll(/[^ -~\u00a1-\u00ff]|[?:]/g, '.');
}

function shortDate(day: string): string {
  return day.slice(2).replaceAll('-', '');
}

function amount(cents: number): string {
  const digits = Math.abs(cents).toString().padStart(3, '0');
  return `${digits.slice(0, -2)},${digits.slice(-2)}`;
}

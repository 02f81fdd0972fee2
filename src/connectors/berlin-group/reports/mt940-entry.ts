import type { BankTransaction } from '../../../banking/transaction.ts';
import { isIsoDate } from '../../../core/iso-date.ts';
import { decimalOf } from '../../../core/money.ts';
import { unreadableRow } from '../errors.ts';
import { cleanText, isObject } from '../json.ts';
import {
  distinct,
  given,
  maxRemittanceLength,
  readTransactionsOperation as operation,
  type RowRules,
} from '../transaction-mapping.ts';
import { informationOf } from './mt940-information.ts';

/** Field 61 with the field 86 that follows it. */
export interface MtEntry {
  readonly line: string;
  /** The rest of field 61: free text of the bank. */
  readonly supplement: readonly string[];
  readonly information: readonly string[];
  readonly currency: string;
  readonly isInterim: boolean;
}

/**
 * Field 61: value date, entry date, mark, third letter of the currency, amount, type, the owner's reference and
 * after `//` the bank's (SWIFT MT940, field 61).
 */
const entryLine =
  /^(\d{6})(\d{4})?(E?[CD]|R[CD])([A-Z])?(\d{1,15}(?:,\d{0,10})?)(?:([A-Z][A-Z0-9]{3})(.*?)(?:\/\/(.*))?)?$/;

/** Marks of what left the account. A reversed credit did, a reversed debit came back. `E` is expected. */
const debitMarks: ReadonlySet<string> = new Set(['D', 'RC', 'ED']);

/** @throws BankFailure where the amount or the whole line cannot be read */
export function mtTransaction(entry: MtEntry, { stableReference }: RowRules): BankTransaction {
  const [whole, value = '', booked, mark = '', , digits = '', type, ownReference, bankReference] =
    entryLine.exec(entry.line) ?? [];
  if (whole === undefined) throw unreadableRow(operation, 'amount');
  // A comma without places behind it is the rule for whole amounts.
  const decimal = decimalOf(digits.replace(/,$/, '').replace(',', '.'));
  if (decimal === undefined) throw unreadableRow(operation, 'amount');
  const valueDate = dateOf(`20${value.slice(0, 2)}`, value.slice(2));
  const information = informationOf(entry.information);
  const codes = [type, ...information.codes].filter((code) => code !== undefined);
  const description = information.description ?? cleanText(entry.supplement.join(' '), maxRemittanceLength);
  return {
    status: entry.isInterim || mark.startsWith('E') ? 'pending' : 'booked',
    amount: decimal.amount,
    currency: entry.currency,
    direction: debitMarks.has(mark) ? 'debit' : 'credit',
    ...given('bookingDate', booked === undefined ? undefined : nearestDate(booked, valueDate)),
    ...given('valueDate', valueDate),
    ...given('counterpartyName', information.name),
    ...given('counterpartyAccount', information.account),
    ...given('description', description),
    ...given('bankTransactionCode', codes.length === 0 ? undefined : codes.join('+')),
    ...given('reference', distinct(named(bankReference))),
    ...given('stableReference', stableReference === 'transactionId' ? named(bankReference) : undefined),
    raw: {
      line: entry.line,
      ...(entry.supplement.length > 0 && { supplement: entry.supplement }),
      ...(entry.information.length > 0 && { information: entry.information }),
      currency: entry.currency,
      ...given('ownReference', named(ownReference)),
    },
  };
}

/** The entry as `raw` has it. @throws BankFailure for what is none */
export function mtEntryOf(raw: unknown, isInterim: boolean): MtEntry {
  const { line, supplement = [], information = [], currency } = isObject(raw) ? raw : {};
  if (
    typeof line !== 'string' ||
    typeof currency !== 'string' ||
    !isTexts(supplement) ||
    !isTexts(information)
  )
    throw unreadableRow(operation, 'entry');
  return { line, supplement, information, currency, isInterim };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** `NONREF` is the format's word for none. */
function named(reference: string | undefined): string | undefined {
  const text = cleanText(reference);
  return text === 'NONREF' ? undefined : text;
}

/** The entry date has no year: it is the one nearest to the value date, at the turn of a year another one. */
function nearestDate(monthAndDay: string, valueDate: string | undefined): string | undefined {
  if (valueDate === undefined) return undefined;
  const year = Number(valueDate.slice(0, 4));
  const distance = (date: string) => Math.abs(Date.parse(date) - Date.parse(valueDate));
  return [year, year - 1, year + 1]
    .flatMap((each) => dateOf(String(each), monthAndDay) ?? [])
    .sort((a, b) => distance(a) - distance(b))[0];
}

/** Interest is counted in months of thirty days, so that banks write the 30th of February: its last day. */
function dateOf(year: string, monthAndDay: string): string | undefined {
  const month = monthAndDay.slice(0, 2);
  const day = Number(monthAndDay.slice(2));
  const days = day > 28 && day < 32 ? [day, day - 1, day - 2, day - 3] : [day];
  return days.map((each) => `${year}-${month}-${String(each).padStart(2, '0')}`).find(isIsoDate);
}

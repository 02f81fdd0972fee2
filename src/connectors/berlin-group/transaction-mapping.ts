import type { AccountIdentifier } from '../../banking/account.ts';
import type { BankTransaction } from '../../banking/transaction.ts';
import { type Decimal, inverted } from '../../core/money.ts';
import { amountOf } from './balance-mapping.ts';
import { dateIn, momentOf } from './calendar.ts';
import { unreadableRow } from './errors.ts';
import { cleanText, isObject, type JsonObject, textOf } from './json.ts';
import { identifiersOf } from './mapping.ts';
import { withoutPans } from './pan.ts';
import type { Profile } from './profiles.ts';

/** What of a profile decides how a row is read. */
export type RowRules = Pick<Profile, 'transactionSign' | 'stableReference' | 'timeZone'>;

export const readTransactionsOperation = 'read transactions';

/** Of a description: above the standard's 140 characters a line, below what only an attacker writes. */
export const maxRemittanceLength = 10_000;

type Direction = BankTransaction['direction'];
type Status = BankTransaction['status'];

/**
 * One row of a report (schema `transactions`), of 1.1 to 1.3 and with the names of openFinance 2.
 * @throws BankFailure where its amount, currency or direction cannot be read
 */
export function transactionOf(row: JsonObject, status: Status, rules: RowRules): BankTransaction {
  const { amount, currency } = amountOf(row.transactionAmount, readTransactionsOperation);
  const direction = directionOf(row, amount, rules);
  const [party, ultimate] =
    direction === 'debit'
      ? (['creditor', 'ultimateCreditor'] as const)
      : (['debtor', 'ultimateDebtor'] as const);
  return {
    status,
    amount: amount.amount,
    currency,
    direction,
    ...datesOf(row, rules),
    ...given('counterpartyName', nameOf(row, party) ?? nameOf(row, ultimate)),
    ...given('counterpartyAccount', accountIn(row[`${party}Account`])),
    ...given('description', descriptionOf(row)),
    ...given('bankTransactionCode', textOf(row, 'bankTransactionCode') ?? proprietaryCodeOf(row)),
    ...given('reference', distinct(textOf(row, 'transactionId') ?? textOf(row, 'entryReference'))),
    ...stableReferenceOf(row, rules, 'transactionId'),
    raw: withoutPans(row),
  };
}

/** One row of a card's report (schema `cardTransaction`): its shop is named in its text only. */
export function cardTransactionOf(
  row: JsonObject,
  status: Status,
  rules: RowRules & { readonly debitsPositive: boolean },
): BankTransaction {
  const { amount: quoted, currency } = amountOf(row.transactionAmount, readTransactionsOperation);
  const amount = rules.debitsPositive ? inverted(quoted) : quoted;
  const address = row.cardAcceptorAddress;
  return {
    status,
    amount: amount.amount,
    currency,
    direction: directionOf(row, amount, rules),
    ...datesOf(row, rules),
    ...given('counterpartyName', textOf(row, 'cardAcceptorName')),
    ...given('description', textOf(row, 'transactionDetails', maxRemittanceLength) ?? addressText(address)),
    ...given('bankTransactionCode', proprietaryCodeOf(row)),
    ...given('reference', distinct(textOf(row, 'cardTransactionId'))),
    ...stableReferenceOf(row, rules, 'cardTransactionId'),
    raw: withoutPans(row),
  };
}

/** The field with a value, or no field at all. */
export function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V });
}

/** An amount with a minus is a debit at every bank; for one without, the profile says what else may tell. */
function directionOf(row: JsonObject, amount: Decimal, { transactionSign }: RowRules): Direction {
  if (amount.negative) return 'debit';
  if (transactionSign === 'by-sign') return 'credit';
  if (transactionSign === 'by-party') return namesOnlyCreditor(row) ? 'debit' : 'credit';
  const word = textOf(row, 'creditDebitIndicator') ?? textOf(row, 'debitCreditIndicator');
  const direction = word && directionByLetter[word.charAt(0).toUpperCase()];
  if (direction) return direction;
  throw unreadableRow(readTransactionsOperation, 'direction');
}

/** `CRDT`, `Credit`, `DBIT`, `Debit`. */
const directionByLetter: Readonly<Record<string, Direction>> = { C: 'credit', D: 'debit' };

function namesOnlyCreditor(row: JsonObject): boolean {
  const names = (party: string) => nameOf(row, party) ?? accountIn(row[`${party}Account`]);
  return names('creditor') !== undefined && names('debtor') === undefined;
}

function datesOf(row: JsonObject, { timeZone }: RowRules) {
  const at = textOf(row, 'acceptorTransactionDateTime') ?? textOf(row, 'bookingDateTime');
  return {
    ...given('bookingDate', dateIn(textOf(row, 'bookingDate') ?? textOf(row, 'bookingDateTime') ?? '')),
    ...given('valueDate', dateIn(textOf(row, 'valueDate') ?? '')),
    ...given('transactionDate', dateIn(textOf(row, 'transactionDate') ?? '')),
    ...given('at', at === undefined ? undefined : momentOf(at, timeZone)),
  };
}

/** `creditorName`; in openFinance 2 `creditor` with a name; `ultimateCreditor` is text or such an object. */
function nameOf(row: JsonObject, party: string): string | undefined {
  const object = row[party];
  return textOf(row, `${party}Name`) ?? (isObject(object) ? textOf(object, 'name') : textOf(row, party));
}

/** An account reference, or the bare IBAN that some banks write in its place. */
function accountIn(reference: unknown): AccountIdentifier | undefined {
  if (isObject(reference)) return identifiersOf(reference)[0];
  const text = cleanText(reference);
  return text !== undefined && /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)
    ? { type: 'iban', iban: text }
    : undefined;
}

/** The remittance information, by its fullest form, else what the bank says instead. */
function descriptionOf(row: JsonObject): string | undefined {
  const line = linesOf(row.remittanceInformationUnstructured);
  const lines = linesOf(row.remittanceInformationUnstructuredArray);
  // The one line may be the first of the many, or all of them.
  if (line !== undefined || lines !== undefined) {
    return (lines?.length ?? 0) > (line?.length ?? 0) ? lines : line;
  }
  return (
    linesOf(row.remittanceInformationStructured) ??
    linesOf(row.remittanceInformationStructuredArray) ??
    textOf(row, 'additionalInformation', maxRemittanceLength)
  );
}

/** Text, an object with a `reference` (structured, since 1.3.9), or a list of either: a line each. */
function linesOf(value: unknown): string | undefined {
  const lines = (Array.isArray(value) ? value : [value]).flatMap((each) => {
    const text = isObject(each) ? each.reference : each;
    return cleanText(text, maxRemittanceLength) ?? [];
  });
  return lines.length === 0 ? undefined : lines.join('\n').slice(0, maxRemittanceLength).toWellFormed();
}

/** `street 1, 10115 Berlin, DE` of schema `address`. */
function addressText(address: unknown): string | undefined {
  if (!isObject(address)) return undefined;
  const words = (...names: string[]) => names.flatMap((name) => textOf(address, name) ?? []).join(' ');
  const parts = [words('streetName', 'buildingNumber'), words('postCode', 'townName'), words('country')];
  return cleanText(parts.filter((part) => part !== '').join(', '));
}

function proprietaryCodeOf(row: JsonObject): string | undefined {
  return textOf(row, 'proprietaryBankTransactionCode');
}

/** What banks write where they have no name for an entry; it is the same for all of them. */
const noReference = /^(?:not ?provided|nonref|none|null|n\/?a|[0\s._-]*)$/i;

/** A name that tells entries apart; undefined for none. */
export function distinct(reference: string | undefined): string | undefined {
  return reference === undefined || noReference.test(reference) ? undefined : reference;
}

function stableReferenceOf(row: JsonObject, { stableReference }: RowRules, idField: string) {
  if (stableReference === 'none') return {};
  return given(
    'stableReference',
    textOf(row, stableReference === 'transactionId' ? idField : stableReference),
  );
}

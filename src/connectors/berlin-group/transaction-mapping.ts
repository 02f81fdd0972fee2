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

/** How a row is read: what of a profile decides that, and what is written down for reading it again. */
export interface RowRules extends Pick<Profile, 'transactionSign' | 'stableReference' | 'timeZone'> {
  readonly rawForm?: string;
}

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
  const [party, ultimate] = direction === 'debit' ? creditorSide : debtorSide;
  const mapped: Draft = { status, amount: amount.amount, currency, direction, raw: withoutPans(row) };
  add(mapped, 'rawForm', rules.rawForm);
  addDates(mapped, row, rules);
  add(mapped, 'counterpartyName', nameOf(row, party) ?? nameOf(row, ultimate));
  add(mapped, 'counterpartyAccount', accountIn(row[party.account]));
  add(mapped, 'description', descriptionOf(row));
  add(mapped, 'bankTransactionCode', textOf(row, 'bankTransactionCode') ?? proprietaryCodeOf(row));
  add(mapped, 'reference', distinct(textOf(row, 'transactionId')) ?? distinct(textOf(row, 'entryReference')));
  add(mapped, 'stableReference', stableReferenceOf(row, rules, 'transactionId'));
  return mapped;
}

/** One row of a card's report (schema `cardTransaction`): its shop is named in its text only. */
export function cardTransactionOf(
  row: JsonObject,
  status: Status,
  rules: RowRules & { readonly debitsPositive: boolean },
): BankTransaction {
  const { amount: quoted, currency } = amountOf(row.transactionAmount, readTransactionsOperation);
  const amount = rules.debitsPositive ? inverted(quoted) : quoted;
  const direction = directionOf(row, amount, rules);
  const mapped: Draft = { status, amount: amount.amount, currency, direction, raw: withoutPans(row) };
  add(mapped, 'rawForm', rules.rawForm);
  addDates(mapped, row, rules);
  add(mapped, 'counterpartyName', textOf(row, 'cardAcceptorName'));
  const text = textOf(row, 'transactionDetails', maxRemittanceLength);
  add(mapped, 'description', text ?? addressText(row.cardAcceptorAddress));
  add(mapped, 'bankTransactionCode', proprietaryCodeOf(row));
  add(mapped, 'reference', distinct(textOf(row, 'cardTransactionId')));
  add(mapped, 'stableReference', stableReferenceOf(row, rules, 'cardTransactionId'));
  return mapped;
}

/** A transaction while it is made: field by field into one object, since each copy of it would cost as much again. */
type Draft = { -readonly [Field in keyof BankTransaction]: BankTransaction[Field] };

/** Sets the field if there is a value for it. */
function add<Field extends keyof BankTransaction>(
  draft: Draft,
  field: Field,
  value: Draft[Field] | undefined,
): void {
  if (value !== undefined) draft[field] = value;
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
  const names = ([side]: readonly [Side, Side]) => nameOf(row, side) ?? accountIn(row[side.account]);
  return names(creditorSide) !== undefined && names(debtorSide) === undefined;
}

function addDates(draft: Draft, row: JsonObject, { timeZone }: RowRules): void {
  const bookedAt = textOf(row, 'bookingDateTime');
  add(draft, 'bookingDate', dateIn(textOf(row, 'bookingDate') ?? bookedAt ?? ''));
  add(draft, 'valueDate', dateIn(textOf(row, 'valueDate') ?? ''));
  add(draft, 'transactionDate', dateIn(textOf(row, 'transactionDate') ?? ''));
  const at = textOf(row, 'acceptorTransactionDateTime') ?? bookedAt;
  add(draft, 'at', at === undefined ? undefined : momentOf(at, timeZone));
}

/** Under which names a side of the payment stands in a row. */
interface Side {
  readonly party: string;
  readonly name: string;
  readonly account: string;
}

const creditorSide = [sideOf('creditor'), sideOf('ultimateCreditor')] as const;
const debtorSide = [sideOf('debtor'), sideOf('ultimateDebtor')] as const;

function sideOf(party: string): Side {
  return { party, name: `${party}Name`, account: `${party}Account` };
}

/** `creditorName`; in openFinance 2 `creditor` with a name; `ultimateCreditor` is text or such an object. */
function nameOf(row: JsonObject, side: Side): string | undefined {
  const object = row[side.party];
  return textOf(row, side.name) ?? (isObject(object) ? textOf(object, 'name') : textOf(row, side.party));
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
  if (!Array.isArray(value)) return lineOf(value);
  const lines = value.flatMap((each) => lineOf(each) ?? []);
  return lines.length === 0 ? undefined : lines.join('\n').slice(0, maxRemittanceLength).toWellFormed();
}

function lineOf(value: unknown): string | undefined {
  return cleanText(isObject(value) ? value.reference : value, maxRemittanceLength);
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
  if (stableReference === 'none') return undefined;
  return textOf(row, stableReference === 'transactionId' ? idField : stableReference);
}

import type { AccountIdentifier } from '../../../banking/account.ts';
import type { BankTransaction } from '../../../banking/transaction.ts';
import { type Decimal, decimalOf, unitsOf } from '../../../core/money.ts';
import { dateIn, momentOf } from '../calendar.ts';
import { unreadableRow } from '../errors.ts';
import { cleanText } from '../json.ts';
import { maskedPanIn, withoutPans } from '../pan.ts';
import { camtPartForm, rawForms } from '../raw-form.ts';
import {
  distinct,
  given,
  maxRemittanceLength,
  readTransactionsOperation as operation,
  type RowRules,
} from '../transaction-mapping.ts';
import { elementAt, elementsOf, jsonOfElement, type XmlElement } from './xml-entries.ts';

type Direction = BankTransaction['direction'];

interface Money {
  readonly decimal: Decimal;
  readonly currency: string;
  readonly direction: Direction;
}

/**
 * The rows of one entry (ISO 20022 `ReportEntry`): one, or for a batch one for each of its payments, if their
 * amounts are told and add up to the entry's. None for what is information only. Made as they are taken.
 * @throws BankFailure where its amount, currency or direction cannot be read
 */
export function* transactionsOfEntry(entry: XmlElement, rules: RowRules): Generator<BankTransaction> {
  const status = statusOf(entry);
  if (status === undefined) return;
  const total = moneyOf(entry);
  const batches = elementsOf(entry, 'NtryDtls').map(batchOf);
  const details = batches.flatMap((batch) => batch.details);
  const around = entry.children.filter(({ name }) => name !== 'NtryDtls');
  const isBatch = details.length > 1 && isWorthParting(around, batches);
  const parts = isBatch ? partsOf(details, total) : undefined;
  if (parts === undefined) {
    const [only] = details.length === 1 ? details : [];
    const raw = withoutPans(jsonOfElement(entry));
    yield { status, ...rowOf(entry, only, total, rules), raw, rawForm: rawForms.camt };
    return;
  }
  const ofParts = batches.flatMap((batch) => batch.details.map((detail) => ({ batch, detail })));
  for (const [at, { batch, detail }] of ofParts.entries()) {
    const row = rowOf(entry, detail, parts[at] ?? total, rules, at);
    // The rows of a batch would else each hold the whole batch.
    const own = { ...batch.element, children: [...batch.besides, detail] };
    const raw = withoutPans(jsonOfElement({ ...entry, children: [...around, own] }));
    yield { status, ...row, raw, rawForm: camtPartForm(at) };
  }
}

/** `NtryDtls`: payments, and what is said of them together. */
interface Batch {
  readonly element: XmlElement;
  readonly besides: readonly XmlElement[];
  readonly details: readonly XmlElement[];
}

function batchOf(element: XmlElement): Batch {
  const isDetail = ({ name }: XmlElement) => name === 'TxDtls';
  const { children } = element;
  return { element, besides: children.filter((one) => !isDetail(one)), details: children.filter(isDetail) };
}

/** What is said of a batch beside its payments is kept with each of them: of a hostile one that would not end. */
const maxElementsOfParts = 5_000_000;

function isWorthParting(around: readonly XmlElement[], batches: readonly Batch[]): boolean {
  const size = countOf(around);
  const sizes = batches.map(({ besides, details }) => details.length * (size + countOf(besides)));
  return sizes.reduce((sum, each) => sum + each, 0) <= maxElementsOfParts;
}

function countOf(elements: readonly XmlElement[]): number {
  return elements.reduce((count, { children }) => count + 1 + countOf(children), 0);
}

/**
 * The row of an entry that holds only this one of the payments of its batch, as `raw` of such a row has it.
 * @throws BankFailure where it cannot be read
 */
export function partOfEntry(entry: XmlElement, part: number, rules: RowRules): BankTransaction {
  const status = statusOf(entry);
  const [detail] = elementsOf(entry, 'NtryDtls').flatMap((batch) => elementsOf(batch, 'TxDtls'));
  const money = detail && moneyOfPart(detail, moneyOf(entry));
  if (status === undefined || detail === undefined || money === undefined)
    throw unreadableRow(operation, 'amount');
  return { status, ...rowOf(entry, detail, money, rules, part), raw: withoutPans(jsonOfElement(entry)) };
}

/** `BOOK`, since version 8 inside `Cd`. What is neither booked nor information is not booked yet. */
function statusOf(entry: XmlElement): BankTransaction['status'] | undefined {
  const code = textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts');
  if (code === 'INFO') return undefined;
  return code === undefined || code === 'BOOK' ? 'booked' : 'pending';
}

function moneyOf(entry: XmlElement): Money {
  const amount = elementAt(entry, 'Amt');
  const decimal = decimalOf(amount?.text);
  if (decimal === undefined || decimal.negative) throw unreadableRow(operation, 'amount');
  const currency = amount?.attributes.Ccy ?? '';
  if (!/^[A-Z]{3}$/.test(currency)) throw unreadableRow(operation, 'currency');
  const direction = directionByCode[textAt(entry, 'CdtDbtInd') ?? ''];
  if (direction === undefined) throw unreadableRow(operation, 'direction');
  return { decimal, currency, direction };
}

const directionByCode: Readonly<Record<string, Direction>> = { CRDT: 'credit', DBIT: 'debit' };

/** Of one payment: its own since version 3; before, in `AmtDtls`. */
function amountIn(detail: XmlElement): XmlElement | undefined {
  return elementAt(detail, 'Amt') ?? elementAt(detail, 'AmtDtls', 'TxAmt', 'Amt');
}

/** The money of each part; undefined unless each is told, in the entry's currency, and nothing is missing. */
function partsOf(details: readonly XmlElement[], total: Money): readonly Money[] | undefined {
  const parts = details.flatMap((detail) => moneyOfPart(detail, total) ?? []);
  const sum = parts.reduce((units, part) => units + signedUnits(part), 0n);
  const isWhole = parts.length === details.length && sum === signedUnits(total);
  return isWhole && parts.every(({ decimal }) => !decimal.negative) ? parts : undefined;
}

function moneyOfPart(detail: XmlElement, total: Money): Money | undefined {
  const amount = amountIn(detail);
  const decimal = decimalOf(amount?.text);
  if (decimal === undefined || (amount?.attributes.Ccy ?? total.currency) !== total.currency)
    return undefined;
  const direction = directionByCode[textAt(detail, 'CdtDbtInd') ?? ''] ?? total.direction;
  return { decimal, currency: total.currency, direction };
}

function signedUnits({ decimal, direction }: Money): bigint {
  return direction === 'debit' ? -unitsOf(decimal) : unitsOf(decimal);
}

/** A row without its status and raw object. `part` counts the payments of a batch, which has one reference. */
function rowOf(
  entry: XmlElement,
  detail: XmlElement | undefined,
  { decimal, currency, direction }: Money,
  rules: RowRules,
  part?: number,
): Omit<BankTransaction, 'status' | 'raw'> {
  // A reversal names the parties of the payment that it takes back.
  const isReversal = textAt(entry, 'RvslInd') === 'true';
  const side = (direction === 'debit') !== isReversal ? 'Cdtr' : 'Dbtr';
  const parties = detail && elementAt(detail, 'RltdPties');
  const bookedAt = textAt(entry, 'BookgDt', 'DtTm');
  const happenedAt = detail && textAt(detail, 'RltdDts', 'TxDtTm');
  const at = happenedAt ?? bookedAt;
  const ownCode = detail && bankCodeOf(detail);
  return {
    amount: decimal.amount,
    currency,
    direction,
    ...given('bookingDate', dateAt(entry, 'BookgDt')),
    ...given('valueDate', dateAt(entry, 'ValDt')),
    ...given('transactionDate', dateIn(happenedAt ?? '')),
    ...given('at', at === undefined ? undefined : momentOf(at, rules.timeZone)),
    ...given('counterpartyName', parties && (nameOf(parties, side) ?? nameOf(parties, `Ultmt${side}`))),
    ...given('counterpartyAccount', parties && accountOf(parties, `${side}Acct`)),
    ...given('description', descriptionOf(entry, detail)),
    ...given('bankTransactionCode', ownCode ?? bankCodeOf(entry)),
    ...given(
      'reference',
      distinct(referenceOf(entry, detail, 'transactionId', part)) ??
        distinct(referenceOf(entry, detail, 'entryReference', part)),
    ),
    ...given('stableReference', referenceOf(entry, detail, rules.stableReference, part)),
  };
}

function dateAt(entry: XmlElement, name: string): string | undefined {
  return dateIn(textAt(entry, name, 'Dt') ?? textAt(entry, name, 'DtTm') ?? '');
}

/** Since version 8 the name stands inside `Pty`, or inside `Agt` where the party is a bank. */
function nameOf(parties: XmlElement, role: string): string | undefined {
  return (
    textAt(parties, role, 'Nm') ??
    textAt(parties, role, 'Pty', 'Nm') ??
    textAt(parties, role, 'Agt', 'FinInstnId', 'Nm')
  );
}

function accountOf(parties: XmlElement, role: string): AccountIdentifier | undefined {
  const iban = textAt(parties, role, 'Id', 'IBAN');
  if (iban !== undefined) return { type: 'iban', iban };
  const other = textAt(parties, role, 'Id', 'Othr', 'Id');
  if (other === undefined) return undefined;
  const scheme = elementAt(parties, role, 'Id', 'Othr', 'SchmeNm');
  if (!/PAN|CARD/i.test(scheme?.children[0]?.text ?? '')) return { type: 'bban', bban: other };
  return { type: 'masked_pan', maskedPan: maskedPanIn({ maskedPan: other }) ?? other };
}

/** What the payer wrote, else the reference he gave, else what the bank says. */
function descriptionOf(entry: XmlElement, detail: XmlElement | undefined): string | undefined {
  const remittance = detail && elementAt(detail, 'RmtInf');
  const structured = remittance ? elementsOf(remittance, 'Strd') : [];
  return (
    (remittance && lines(elementsOf(remittance, 'Ustrd').map(({ text }) => text))) ??
    lines(structured.flatMap((each) => elementAt(each, 'CdtrRefInf', 'Ref')?.text ?? [])) ??
    lines(structured.flatMap((each) => elementsOf(each, 'AddtlRmtInf').map(({ text }) => text))) ??
    (detail && longTextAt(detail, 'AddtlTxInf')) ??
    longTextAt(entry, 'AddtlNtryInf')
  );
}

function lines(texts: readonly string[]): string | undefined {
  const clean = texts.flatMap((text) => cleanText(text, maxRemittanceLength) ?? []);
  return clean.length === 0 ? undefined : clean.join('\n').slice(0, maxRemittanceLength).toWellFormed();
}

/** `PMNT-RCDT-ESCT`, else the bank's own. */
function bankCodeOf(element: XmlElement): string | undefined {
  const domain = [['Cd'], ['Fmly', 'Cd'], ['Fmly', 'SubFmlyCd']].map((path) =>
    textAt(element, 'BkTxCd', 'Domn', ...path),
  );
  if (domain.every((code) => code !== undefined)) return domain.join('-');
  return textAt(element, 'BkTxCd', 'Prtry', 'Cd');
}

/** `NtryRef`, or `AcctSvcrRef` of the payment itself where it has one: which of them stays is the profile's to say. */
function referenceOf(
  entry: XmlElement,
  detail: XmlElement | undefined,
  which: RowRules['stableReference'],
  part: number | undefined,
): string | undefined {
  if (which === 'none') return undefined;
  const isEntry = which === 'entryReference';
  const own = detail && !isEntry ? textAt(detail, 'Refs', 'AcctSvcrRef') : undefined;
  if (own !== undefined) return own;
  const whole = textAt(entry, isEntry ? 'NtryRef' : 'AcctSvcrRef');
  return whole === undefined || part === undefined ? whole : `${whole}#${part + 1}`;
}

function textAt(from: XmlElement, ...path: readonly string[]): string | undefined {
  return cleanText(elementAt(from, ...path)?.text);
}

function longTextAt(from: XmlElement, name: string): string | undefined {
  return cleanText(elementAt(from, name)?.text, maxRemittanceLength);
}

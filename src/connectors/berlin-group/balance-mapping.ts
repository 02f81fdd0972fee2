import { type BalanceType, type BankBalance, balanceTypes } from '../../banking/balance.ts';
import { type Decimal, decimalOf, inverted, signedText } from '../../core/money.ts';
import { dateIn, momentOf } from './calendar.ts';
import { unreadableRow } from './errors.ts';
import { booleanOf, isObject, type JsonObject, textOf } from './json.ts';
import { currencyOf } from './mapping.ts';
import { withoutPans } from './pan.ts';

/** ISO 20022 ExternalBalanceType1Code, which some banks send in the place of the standard's words. */
const typeByIsoCode: Readonly<Record<string, BalanceType>> = {
  clbd: 'closingBooked',
  xpcd: 'expected',
  opbd: 'openingBooked',
  prcd: 'previouslyClosedBooked',
  itbd: 'interimBooked',
  itav: 'interimAvailable',
  clav: 'closingAvailable',
  opav: 'openingAvailable',
  fwav: 'forwardAvailable',
  info: 'information',
};

const typeByWord: ReadonlyMap<string, BalanceType> = new Map([
  ...balanceTypes.map((type) => [type.toLowerCase(), type] as const),
  ['authorized', 'authorised'],
  ...Object.entries(typeByIsoCode),
]);

/** A new word of a bank is `other`: the list is theirs to extend. */
export function balanceTypeOf(word: string | undefined): BalanceType {
  return typeByWord.get(word?.replace(/[^a-z]/gi, '').toLowerCase() ?? '') ?? 'other';
}

export interface BalanceRules {
  readonly timeZone: string;
  /** A card on which what is owed has no minus (`debitAccounting`). What is left to spend has none either way. */
  readonly debitsPositive: boolean;
}

/**
 * One balance (schema `balance`).
 * @throws BankFailure where its amount or currency cannot be read
 */
export function balanceOf(row: JsonObject, rules: BalanceRules, operation: string): BankBalance {
  const { timeZone, debitsPositive } = rules;
  const type = balanceTypeOf(textOf(row, 'balanceType'));
  const { amount, currency } = amountOf(row.balanceAmount, operation);
  const includesCreditLine = booleanOf(row.creditLimitIncluded);
  const referenceDate = dateIn(textOf(row, 'referenceDate') ?? '');
  const changedAt = momentOf(textOf(row, 'lastChangeDateTime') ?? '', timeZone);
  return {
    type,
    amount: signedText(debitsPositive && !type.endsWith('Available') ? inverted(amount) : amount),
    currency,
    ...(includesCreditLine !== undefined && { includesCreditLine }),
    ...(referenceDate !== undefined && { referenceDate }),
    ...(changedAt !== undefined && { changedAt }),
    raw: withoutPans(row),
  };
}

/**
 * Schema `amount`; before 1.2 the number was its `content`.
 * @throws BankFailure
 */
export function amountOf(value: unknown, operation: string): { amount: Decimal; currency: string } {
  const object = isObject(value) ? value : {};
  const amount = decimalOf(object.amount ?? object.content);
  if (amount === undefined) throw unreadableRow(operation, 'amount');
  const currency = currencyOf(object);
  if (currency === undefined) throw unreadableRow(operation, 'currency');
  return { amount, currency };
}

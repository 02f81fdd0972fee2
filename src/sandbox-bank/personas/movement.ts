import type { Bank } from '../bank.ts';
import { addDays } from '../clock.ts';
import { derivedDigits, derivedFractions, derivedUuid } from '../ids.ts';
import { type Account, numberText } from './account.ts';
import { heavyMovementsOn } from './heavy-movements.ts';
import { ibanFor } from './iban.ts';
import { type MovementRow, movementRows, type RawMovement } from './movement-rows.ts';

/** Money that came or went. What is made for a day stays the same however the clock is moved. */
export interface Movement {
  readonly id: string;
  /** The calendar day, local to the bank. */
  readonly day: string;
  readonly cents: number;
  readonly counterparty: { readonly name: string; readonly iban: string };
  readonly text: string;
  readonly code: string;
  readonly reference?: string;
}

/** All accounts were opened on this day, with the balance of their row. */
export const openingDay = '2025-01-01';
/** Nothing moves after this day, so that a clock moved to the end of time does not make work without end. */
export const closingDay = '2039-12-31';

/** The movements of an account on one day; each day is made by itself. */
export function movementsOn(seed: string, bank: Bank, account: Account, day: string): readonly Movement[] {
  if (day < openingDay || day > closingDay) return [];
  return rawMovementsOn(seed, bank, account, day).map(({ counterparty, ...raw }) => ({
    ...raw,
    day,
    counterparty: { name: counterparty, iban: ibanOf(counterparty, bank) },
  }));
}

/** The balance in hundredths of the currency when all movements to `lastDay` are booked. */
export function balanceCents(seed: string, bank: Bank, account: Account, lastDay: string): number {
  let cents = account.openingCents;
  // What comes in on a heavy account goes out again on the same day.
  if (account.activity === undefined || account.activity === 'heavy') return cents;
  const end = lastDay < closingDay ? lastDay : closingDay;
  for (let day = openingDay; day <= end; day = addDays(day, 1)) {
    for (const movement of rawMovementsOn(seed, bank, account, day)) cents += movement.cents;
  }
  return cents;
}

function rawMovementsOn(seed: string, bank: Bank, account: Account, day: string): readonly RawMovement[] {
  const { activity } = account;
  if (activity === undefined) return [];
  const identity = [seed, bank.slug, numberText(account.number), account.currency];
  if (activity === 'heavy') return heavyMovementsOn(identity, day);
  const luck = derivedFractions(...identity, day);
  return movementRows[activity].flatMap((row, index) => {
    if (!happens(row, day, luck(2 * index))) return [];
    return [movement(row, day, luck(2 * index + 1), derivedUuid(...identity, day, row.name))];
  });
}

function happens({ when }: MovementRow, day: string, luck: number): boolean {
  return 'chance' in when ? luck < when.chance : Number(day.slice(8)) === when.dayOfMonth;
}

function movement(row: MovementRow, day: string, luck: number, id: string): RawMovement {
  const [least, most] = row.cents;
  const { counterparty, code, reference } = row;
  return {
    id,
    cents: least + Math.round((most - least) * luck),
    counterparty,
    text: row.text.replace('{month}', day.slice(0, 7)),
    code,
    ...(reference !== undefined && { reference }),
  };
}

/** Everybody who pays or is paid has one account, at a bank of the same country that does not exist either. */
export function ibanOf(name: string, { country }: Bank): string {
  const [bankCode, length] = country === 'DE' ? (['99990000', 10] as const) : (['99990', 11] as const);
  return ibanFor(country, bankCode + derivedDigits(length, 'account of', name));
}

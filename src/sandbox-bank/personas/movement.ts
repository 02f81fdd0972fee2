import type { Bank } from '../banks.ts';
import { addDays } from '../clock.ts';
import { derivedDigits, derivedFractions, derivedUuid } from '../ids.ts';
import { type Account, numberText } from './account.ts';
import { ibanFor } from './iban.ts';
import { type MovementRow, movementRows } from './movement-rows.ts';

/** Money that came or went. What is made for a day stays the same however the clock is moved. */
export interface Movement {
  readonly id: string;
  /** The calendar day, local to the bank. */
  readonly day: string;
  readonly cents: number;
  readonly counterparty: { readonly name: string; readonly iban: string };
  readonly text: string;
  readonly code: string;
}

/** All accounts were opened on this day, with the balance of their row. */
const openingDay = '2025-01-01';
/** Nothing moves after this day, so that a clock moved to the end of time does not make work without end. */
const closingDay = '2039-12-31';

/** The movements of an account from its opening to `lastDay`, oldest first. */
export function movementsOf(
  seed: string,
  bank: Bank,
  account: Account,
  lastDay: string,
): readonly Movement[] {
  if (account.activity === undefined) return [];
  const rows = movementRows[account.activity];
  const identity = [seed, bank.slug, numberText(account.number), account.currency];
  const movements: Movement[] = [];
  const end = lastDay < closingDay ? lastDay : closingDay;
  for (let day = openingDay; day <= end; day = addDays(day, 1)) {
    const luck = derivedFractions(...identity, day);
    for (const [index, row] of rows.entries()) {
      if (!happens(row, day, luck(2 * index))) continue;
      movements.push(movement(row, day, luck(2 * index + 1), derivedUuid(...identity, day, row.name), bank));
    }
  }
  return movements;
}

/** The balance in hundredths of the currency when all movements to `lastDay` are booked. */
export function balanceCents(account: Account, movements: readonly Movement[], lastDay: string): number {
  return movements
    .filter(({ day }) => day <= lastDay)
    .reduce((sum, { cents }) => sum + cents, account.openingCents);
}

function happens({ when }: MovementRow, day: string, luck: number): boolean {
  return 'chance' in when ? luck < when.chance : Number(day.slice(8)) === when.dayOfMonth;
}

function movement(row: MovementRow, day: string, luck: number, id: string, bank: Bank): Movement {
  const [least, most] = row.cents;
  return {
    id,
    day,
    cents: least + Math.round((most - least) * luck),
    counterparty: { name: row.counterparty, iban: ibanOf(row.counterparty, bank) },
    text: row.text.replace('{month}', day.slice(0, 7)),
    code: row.code,
  };
}

/** Everybody who pays or is paid has one account, at a bank of the same country that does not exist either. */
function ibanOf(name: string, { country }: Bank): string {
  const [bankCode, length] = country === 'DE' ? (['99990000', 10] as const) : (['99990', 11] as const);
  return ibanFor(country, bankCode + derivedDigits(length, 'account of', name));
}

import type { Bank } from '../bank.ts';
import type { Account } from './account.ts';
import { ibanOf, openingDay } from './movement.ts';
import { movementRows } from './movement-rows.ts';

/** What its holder has told the bank to pay on a day of each month. */
export interface StandingOrder {
  readonly name: string;
  readonly iban: string;
  /** Hundredths of the currency, negative: money leaves. */
  readonly cents: number;
  readonly text: string;
  readonly startDate: string;
  readonly dayOfMonth: number;
}

export function standingOrdersOf(bank: Bank, { activity }: Account): readonly StandingOrder[] {
  if (activity === undefined || activity === 'heavy') return [];
  return movementRows[activity].flatMap(({ code, when, counterparty, cents, text }) => {
    if (code !== 'PMNT-ICDT-STDO' || 'chance' in when) return [];
    const { dayOfMonth } = when;
    const iban = ibanOf(counterparty, bank);
    return [
      {
        name: counterparty,
        iban,
        cents: cents[0],
        text: text.replace(' {month}', ''),
        startDate: openingDay,
        dayOfMonth,
      },
    ];
  });
}

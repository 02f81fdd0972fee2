import { derivedFractions, derivedUuid } from '../ids.ts';
import type { RawMovement } from './movement-rows.ts';

/** 200 a day and 500 days kept: 100,000 are booked at any time, and today's 200 are pending. */
const movementsPerDay = 200;
export const heavyHistoryDays = 500;

/**
 * The movements of one day on an account that collects and passes on: each sum that comes in goes out again,
 * so that the balance is the same every night and needs no adding up. One day is made without the others.
 */
export function heavyMovementsOn(identity: readonly string[], day: string): readonly RawMovement[] {
  return Array.from({ length: movementsPerDay / 2 }, (_, pair) => {
    const cents = 100 + Math.floor(derivedFractions(...identity, day, `${pair}`)(0) * 90_000);
    const order = `${day.replaceAll('-', '')}${pair.toString().padStart(3, '0')}`;
    return [
      {
        id: heavyId(identity, day, 2 * pair),
        cents,
        counterparty: `Kunde ${1 + (pair % 40)}`,
        text: `Bestellung ${order}`,
        code: 'PMNT-RCDT-ESCT',
      },
      {
        id: heavyId(identity, day, 2 * pair + 1),
        cents: -cents,
        counterparty: 'Marktplatz Treuhand AG',
        text: `Weiterleitung ${order}`,
        code: 'PMNT-ICDT-ESCT',
      },
    ];
  }).flat();
}

/** The day of a movement by its id alone, so that one can be found without making the others. */
export function dayOfHeavyId(id: string): string {
  return `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`;
}

/** Looks like any other id; the day stands in its first eight digits. */
function heavyId(identity: readonly string[], day: string, slot: number): string {
  const tail = derivedUuid(...identity, day, `${slot}`).slice(13);
  return `${day.replaceAll('-', '')}-${slot.toString().padStart(4, '0')}${tail}`;
}

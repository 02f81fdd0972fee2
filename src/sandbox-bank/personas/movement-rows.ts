import { hostileMovements } from './hostile-texts.ts';

/** How money moves on an account; told by its row. */
export type Activity = RowActivity | 'heavy';
type RowActivity = 'household' | 'savings' | 'card' | 'loan' | 'business' | 'coffee' | 'hostile';

/** A movement before it has a day and a bank. */
export interface RawMovement {
  readonly id: string;
  /** Hundredths of the currency, negative where money leaves. */
  readonly cents: number;
  readonly counterparty: string;
  readonly text: string;
  readonly code: string;
  readonly reference?: string;
}

/** A kind of movement that comes back: on a day of each month, or by chance on any day. */
export interface MovementRow {
  readonly name: string;
  /** On this day of the month (1 to 28), or with this chance a day. */
  readonly when: { readonly dayOfMonth: number } | { readonly chance: number };
  /** Hundredths of the currency, negative where money leaves; the amount lies between the two. */
  readonly cents: readonly [number, number];
  readonly counterparty: string;
  /** Remittance information; `{month}` becomes the month of the movement, as 2027-03. */
  readonly text: string;
  /** ISO 20022 bank transaction code: domain, family, sub-family. */
  readonly code: string;
  /** Creditor reference (ISO 11649): the structured remittance information. */
  readonly reference?: string;
}

const credit = 'PMNT-RCDT-ESCT';
const transfer = 'PMNT-ICDT-ESCT';
const directDebit = 'PMNT-RDDT-ESDD';
const cardPayment = 'PMNT-CCRD-POSD';

export const movementRows: Readonly<Record<RowActivity, readonly MovementRow[]>> = {
  household: [
    {
      name: 'salary',
      when: { dayOfMonth: 27 },
      cents: [284_150, 284_150],
      counterparty: 'Nordwind Logistik GmbH',
      text: 'Gehalt {month}',
      code: 'PMNT-RCDT-SALA',
    },
    {
      name: 'rent',
      when: { dayOfMonth: 1 },
      cents: [-94_000, -94_000],
      counterparty: 'Hausverwaltung Kern',
      text: 'Miete {month} Wohnung 12',
      code: 'PMNT-ICDT-STDO',
    },
    {
      name: 'saving',
      when: { dayOfMonth: 2 },
      cents: [-90_000, -90_000],
      counterparty: 'Eigenes Sparkonto',
      text: 'Sparen {month}',
      code: 'PMNT-ICDT-STDO',
    },
    {
      name: 'electricity',
      when: { dayOfMonth: 15 },
      cents: [-7_240, -5_810],
      counterparty: 'Stadtwerke Lindenau',
      text: 'Abschlag Strom {month} Vertrag 4471190',
      code: directDebit,
    },
    {
      name: 'ticket',
      when: { dayOfMonth: 3 },
      cents: [-6_300, -6_300],
      counterparty: 'Verkehrsbetriebe',
      text: 'Abo {month}',
      code: directDebit,
    },
    {
      name: 'groceries',
      when: { chance: 0.4 },
      cents: [-7_900, -640],
      counterparty: 'Frischmarkt Am Ring',
      text: 'Kartenzahlung Frischmarkt Am Ring',
      code: cardPayment,
    },
    {
      name: 'restaurant',
      when: { chance: 0.15 },
      cents: [-5_200, -890],
      counterparty: 'Trattoria Più Bella',
      text: 'Kartenzahlung Trattoria Più Bella',
      code: cardPayment,
    },
    {
      name: 'refund',
      when: { chance: 0.02 },
      cents: [1_299, 8_999],
      counterparty: 'Kaufgut Versand & Söhne',
      text: 'Gutschrift Retoure',
      code: credit,
    },
  ],
  savings: [
    {
      name: 'deposit',
      when: { dayOfMonth: 2 },
      cents: [15_000, 40_000],
      counterparty: 'Eigenes Girokonto',
      text: 'Sparen {month}',
      code: credit,
    },
    {
      name: 'withdrawal',
      when: { chance: 0.01 },
      cents: [-90_000, -10_000],
      counterparty: 'Eigenes Girokonto',
      text: 'Umbuchung',
      code: transfer,
    },
  ],
  card: [
    {
      name: 'settlement',
      when: { dayOfMonth: 5 },
      cents: [62_000, 70_000],
      counterparty: 'Kartenabrechnung',
      text: 'Ausgleich {month}',
      code: credit,
    },
    {
      name: 'purchase',
      when: { chance: 0.45 },
      cents: [-9_000, -450],
      counterparty: 'Online-Handel',
      text: 'Kartenzahlung',
      code: cardPayment,
    },
  ],
  loan: [
    {
      name: 'instalment',
      when: { dayOfMonth: 28 },
      cents: [78_500, 78_500],
      counterparty: 'Eigenes Girokonto',
      text: 'Rate {month}',
      code: credit,
    },
  ],
  business: [
    {
      name: 'invoice',
      when: { chance: 0.3 },
      cents: [48_000, 1_260_000],
      counterparty: 'Maschinenbau Ostheim AG',
      text: 'Rechnung {month}',
      code: credit,
      reference: 'RF18539007547034',
    },
    {
      name: 'supplier',
      when: { chance: 0.25 },
      cents: [-820_000, -21_000],
      counterparty: 'Stahlhandel Brandner KG',
      text: 'Rechnung {month} Material',
      code: transfer,
      reference: 'RF712348231',
    },
    {
      name: 'wages',
      when: { dayOfMonth: 26 },
      cents: [-1_840_000, -1_840_000],
      counterparty: 'Sammelüberweisung Löhne',
      text: 'Löhne {month}',
      code: 'PMNT-ICDT-SALA',
    },
    {
      name: 'tax',
      when: { dayOfMonth: 10 },
      cents: [-412_000, -238_000],
      counterparty: 'Finanzamt Lindenau',
      text: 'Umsatzsteuer {month}',
      code: directDebit,
    },
  ],
  // Two equal purchases a day, alike in every field.
  coffee: ['first', 'second'].map((name) => ({
    name,
    when: { chance: 1 },
    cents: [-380, -380],
    counterparty: 'Kaffeerösterei Am Ring',
    text: 'Kartenzahlung Kaffeerösterei Am Ring',
    code: cardPayment,
  })),
  hostile: hostileMovements.map(({ name, counterparty, text }) => ({
    name,
    when: { chance: 0.3 },
    cents: [-2_000, 2_000],
    counterparty,
    text,
    code: credit,
  })),
};

import type { Activity } from './movement-rows.ts';

export type OwnerRole = 'owner' | 'legalRepresentative' | 'authorisedUser';

export interface Owner {
  readonly name: string;
  readonly role: OwnerRole;
}

/** An account of a persona, before a bank gives it its numbers. */
export interface AccountRow {
  /** Tells the accounts of one persona apart, and makes their numbers. */
  readonly key: string;
  readonly name: string;
  readonly product: string;
  /** ISO 20022 ExternalCashAccountType1Code; absent where the bank does not say. */
  readonly type?: string;
  /** ISO 4217; `XXX` is the standard's mark of a multi-currency account. */
  readonly currency: string;
  readonly identifiedBy: 'iban' | 'bban' | 'maskedPan';
  /** Another row whose number this one shares: the currencies of a multi-currency account. */
  readonly numberOf?: string;
  readonly status?: 'enabled' | 'blocked';
  /** The name that the customer gave it in online banking. */
  readonly displayName?: string;
  readonly usage?: 'PRIV' | 'ORGA';
  /** The row of the account that a card is settled from. */
  readonly settledFrom?: string;
  /** Balance on the day it was opened, in hundredths of the currency; default 0. */
  readonly openingCents?: number;
  /** How far it may go below zero. */
  readonly creditLimitCents?: number;
  /** Default: nothing ever moves. */
  readonly activity?: Activity;
  /** Default: the persona alone. */
  readonly owners?: readonly Owner[];
  readonly habits?: Habits;
}

/** In what an account's reports are harder to read than others. */
export interface Habits {
  /** Booked on the day after, under another date, id and text than while it was pending. */
  readonly bookedLate?: true;
  /** No transactionId and no entryReference: nothing tells two equal movements apart. */
  readonly withoutIds?: true;
  /** Another transactionId for the same movement each day, and another resourceId for the account. */
  readonly idsChangeDaily?: true;
  /** A page begins with the last row of the page before, and some rows come twice. */
  readonly repeatsRows?: true;
  /** How far back the bank keeps movements. */
  readonly historyDays?: number;
}

const euroIban = { currency: 'EUR', identifiedBy: 'iban' } as const;

const current = { ...euroIban, name: 'Current account', product: 'Girokonto', type: 'CACC' } as const;

const giro: AccountRow = {
  ...current,
  key: 'giro',
  openingCents: 184_322,
  creditLimitCents: 100_000,
  activity: 'household',
};

export const currentAccount: readonly AccountRow[] = [giro];

/** A dozen: several currencies, two numbers that are no IBAN, one account blocked. */
export const manyAccounts: readonly AccountRow[] = [
  { ...giro, displayName: 'Haushalt & Miete' },
  {
    ...euroIban,
    key: 'salary',
    name: 'Salary account',
    product: 'Gehaltskonto',
    type: 'SLRY',
    openingCents: 512_018,
    activity: 'household',
  },
  { ...current, key: 'world', name: 'Multi-currency account', product: 'Weltkonto', currency: 'XXX' },
  {
    ...current,
    key: 'world-usd',
    name: 'US dollar account',
    product: 'Fremdwährungskonto',
    currency: 'USD',
    numberOf: 'world',
    openingCents: 120_000,
    activity: 'savings',
  },
  {
    ...euroIban,
    key: 'savings',
    name: 'Savings account',
    product: 'Tagesgeld',
    type: 'SVGS',
    openingCents: 2_250_000,
    activity: 'savings',
  },
  {
    ...euroIban,
    key: 'francs',
    name: 'Savings account in francs',
    product: 'Sparkonto CHF',
    type: 'LLSV',
    currency: 'CHF',
    openingCents: 900_000,
  },
  {
    key: 'card',
    name: 'Credit card',
    product: 'Kreditkarte Gold',
    type: 'CARD',
    currency: 'EUR',
    identifiedBy: 'maskedPan',
    settledFrom: 'giro',
    openingCents: -41_873,
    creditLimitCents: 300_000,
    activity: 'card',
  },
  {
    ...euroIban,
    key: 'overdraft',
    name: 'Credit line',
    product: 'Rahmenkredit',
    type: 'ODFT',
    openingCents: -120_050,
    creditLimitCents: 500_000,
  },
  {
    ...euroIban,
    key: 'mortgage',
    name: 'Mortgage',
    product: 'Baufinanzierung',
    type: 'LOAN',
    openingCents: -21_450_000,
    activity: 'loan',
  },
  {
    ...euroIban,
    key: 'securities',
    name: 'Securities account',
    product: 'Depotverrechnung',
    type: 'TRAS',
    openingCents: 7_310,
  },
  {
    key: 'deposit',
    name: 'Tenant deposit',
    product: 'Mietkaution',
    type: 'OTHR',
    currency: 'GBP',
    identifiedBy: 'bban',
    openingCents: 280_000,
  },
  { ...current, key: 'old', name: 'Old current account', status: 'blocked' },
];

const miriam: Owner = { name: 'Miriam Brandt', role: 'owner' };

/** Two holders; and an account of a third person on which the customer may act. */
export const jointAccounts: readonly AccountRow[] = [
  { ...giro, name: 'Joint account', owners: [miriam, { name: 'Jonas Brandt', role: 'owner' }] },
  {
    ...euroIban,
    key: 'child',
    name: 'Pocket money',
    product: 'Jugendkonto',
    type: 'SVGS',
    openingCents: 15_000,
    owners: [
      { name: 'Ella Brandt', role: 'owner' },
      { name: 'Miriam Brandt', role: 'legalRepresentative' },
      { name: 'Jonas Brandt', role: 'authorisedUser' },
    ],
  },
];

/** ISO 20022 ExternalCashAccountType1Code with a name for each code. */
const kinds: Readonly<Record<string, string>> = {
  CACC: 'Current account',
  CASH: 'Cash account',
  TRAN: 'Transacting account',
  SLRY: 'Salary account',
  NREX: 'Non-resident external account',
  NFCA: 'Non-resident foreign currency account',
  SVGS: 'Savings account',
  LLSV: 'Limited liquidity savings account',
  ONDP: 'Overnight deposit',
  CARD: 'Card account',
  ODFT: 'Overdraft',
  LOAN: 'Loan',
  MGLD: 'Marginal lending',
  TRAS: 'Cash trading account',
  MOMA: 'Money market account',
  CHAR: 'Charges account',
  CISH: 'Cash income account',
  COMM: 'Commission account',
  CPAC: 'Clearing participant settlement account',
  SACC: 'Settlement account',
  TAXE: 'Tax account',
  VACC: 'Virtual account',
  WALT: 'Electronic wallet',
  OTHR: 'Other account',
};

/** One account of each kind, one whose kind the bank does not tell, one with a code that no list has. */
export const everyKind: readonly AccountRow[] = [
  ...Object.entries(kinds).map(([type, name]) => ({
    ...euroIban,
    key: type,
    name,
    product: `Konto ${type}`,
    type,
  })),
  { ...euroIban, key: 'untold', name: 'Account without a kind', product: 'Konto' },
  { ...euroIban, key: 'unheard', name: 'Account of a new kind', product: 'Neukonto', type: 'ZZZZ' },
];

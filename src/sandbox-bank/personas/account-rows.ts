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
  /** Default: the persona alone. */
  readonly owners?: readonly Owner[];
}

const euroIban = { currency: 'EUR', identifiedBy: 'iban' } as const;

const giro: AccountRow = {
  ...euroIban,
  key: 'giro',
  name: 'Current account',
  product: 'Girokonto',
  type: 'CACC',
};

export const currentAccount: readonly AccountRow[] = [giro];

/** A dozen: several currencies, two numbers that are no IBAN, one account blocked. */
export const manyAccounts: readonly AccountRow[] = [
  { ...giro, displayName: 'Haushalt & Miete' },
  { ...euroIban, key: 'salary', name: 'Salary account', product: 'Gehaltskonto', type: 'SLRY' },
  { ...giro, key: 'world', name: 'Multi-currency account', product: 'Weltkonto', currency: 'XXX' },
  {
    ...giro,
    key: 'world-usd',
    name: 'US dollar account',
    product: 'Fremdwährungskonto',
    currency: 'USD',
    numberOf: 'world',
  },
  { ...euroIban, key: 'savings', name: 'Savings account', product: 'Tagesgeld', type: 'SVGS' },
  {
    ...euroIban,
    key: 'francs',
    name: 'Savings account in francs',
    product: 'Sparkonto CHF',
    type: 'LLSV',
    currency: 'CHF',
  },
  {
    key: 'card',
    name: 'Credit card',
    product: 'Kreditkarte Gold',
    type: 'CARD',
    currency: 'EUR',
    identifiedBy: 'maskedPan',
    settledFrom: 'giro',
  },
  { ...euroIban, key: 'overdraft', name: 'Credit line', product: 'Rahmenkredit', type: 'ODFT' },
  { ...euroIban, key: 'mortgage', name: 'Mortgage', product: 'Baufinanzierung', type: 'LOAN' },
  { ...euroIban, key: 'securities', name: 'Securities account', product: 'Depotverrechnung', type: 'TRAS' },
  {
    key: 'deposit',
    name: 'Tenant deposit',
    product: 'Mietkaution',
    type: 'OTHR',
    currency: 'GBP',
    identifiedBy: 'bban',
  },
  { ...giro, key: 'old', name: 'Old current account', status: 'blocked' },
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

import type { Bank } from '../bank.ts';
import { derivedDigits } from '../ids.ts';
import type { AccountRow, Habits, Owner } from './account-rows.ts';
import { ibanFor } from './iban.ts';
import type { Activity } from './movement-rows.ts';
import type { Persona } from './persona.ts';

/** An account as its bank keeps it. Exactly one of the numbers is there. */
export interface Account {
  readonly key: string;
  readonly number: AccountNumber;
  readonly currency: string;
  readonly name: string;
  readonly product: string;
  readonly type?: string;
  readonly displayName?: string;
  readonly status: 'enabled' | 'blocked';
  readonly usage: 'PRIV' | 'ORGA';
  readonly owners: readonly Owner[];
  readonly openingCents: number;
  readonly creditLimitCents: number;
  readonly activity?: Activity;
  /** Keys of the accounts in single currencies that a multi-currency account is made of. */
  readonly currencyAccounts: readonly string[];
  /** For a card: the number of the account that pays for it. */
  readonly settledFrom?: string;
  readonly habits: Habits;
}

export type AccountNumber =
  | { readonly iban: string }
  | { readonly bban: string }
  | { readonly maskedPan: string };

/** The accounts of one customer at one bank; the same seed gives the same numbers. */
export function accountsOf(seed: string, bank: Bank, persona: Persona): readonly Account[] {
  return persona.accounts.map((row) => account(seed, bank, persona, row));
}

/** The number as one piece of text, for people and for links between accounts. */
export function numberText(number: AccountNumber): string {
  if ('iban' in number) return number.iban;
  return 'bban' in number ? number.bban : number.maskedPan;
}

function account(seed: string, bank: Bank, persona: Persona, row: AccountRow): Account {
  const { key, name, product, type, displayName, currency } = row;
  return {
    key,
    number: numberOf(seed, bank, persona, row),
    currency,
    name,
    product,
    status: row.status ?? 'enabled',
    usage: row.usage ?? 'PRIV',
    owners: row.owners ?? [{ name: persona.name, role: 'owner' }],
    openingCents: row.openingCents ?? 0,
    creditLimitCents: row.creditLimitCents ?? 0,
    habits: row.habits ?? {},
    currencyAccounts: persona.accounts.filter((other) => other.numberOf === key).map((other) => other.key),
    ...(row.activity !== undefined && { activity: row.activity }),
    ...(type !== undefined && { type }),
    ...(displayName !== undefined && { displayName }),
    ...settlement(seed, bank, persona, row),
  };
}

function settlement(
  seed: string,
  bank: Bank,
  persona: Persona,
  row: AccountRow,
): Pick<Account, 'settledFrom'> {
  const payer = persona.accounts.find((other) => other.key === row.settledFrom);
  return payer === undefined ? {} : { settledFrom: numberText(numberOf(seed, bank, persona, payer)) };
}

function numberOf(seed: string, bank: Bank, persona: Persona, row: AccountRow): AccountNumber {
  const parts = [seed, bank.slug, persona.userName, row.numberOf ?? row.key];
  // ISO 13616: a German BBAN ends in ten digits of account number, an Austrian one in eleven.
  const bban = bank.bankCode + derivedDigits(bank.country === 'DE' ? 10 : 11, ...parts);
  switch (row.identifiedBy) {
    case 'iban':
      return { iban: ibanFor(bank.country, bban) };
    case 'bban':
      return { bban };
    case 'maskedPan':
      return { maskedPan: `525412******${derivedDigits(4, ...parts)}` };
  }
}

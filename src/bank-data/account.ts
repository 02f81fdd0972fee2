import { createHmac } from 'node:crypto';
import type { AccountIdentifier, AccountType } from '../banking/account.ts';
import type { Bank } from '../banking/bank.ts';
import type { KeptAccount } from '../banking/remapping.ts';

/** The seed's `financialAddress`; `bban` and `masked_pan` are for what a bank names otherwise. */
export type FinancialAddress =
  | { type: 'iban'; iban: { iban: string; bic?: string; accountHolderName?: string } }
  | {
      type: 'bank_code';
      bankCode: { bankCode: string; code: string; accountNumber: string; accountHolderName?: string };
    }
  | { type: 'bban'; bban: { bban: string; accountHolderName?: string } }
  | { type: 'masked_pan'; maskedPan: { maskedPan: string; accountHolderName?: string } };

/** An account in the seed's words, section Accounts. */
export interface AccountData {
  id: string;
  name: string;
  financialAddress?: FinancialAddress;
  accountType: AccountType;
  currency: string;
  status?: 'blocked';
}

/** How many leading characters of a country's BBAN are its bank code (ISO 13616 registry). */
const bankCodeLengths: Readonly<Record<string, { bank: number; whole: number }>> = {
  AT: { bank: 5, whole: 16 },
  BE: { bank: 3, whole: 12 },
  DE: { bank: 8, whole: 18 },
  ES: { bank: 8, whole: 20 },
  LT: { bank: 5, whole: 16 },
  NL: { bank: 4, whole: 14 },
  PL: { bank: 8, whole: 24 },
  SK: { bank: 4, whole: 20 },
};

/** An account as the merchant reads it. The holder's name is given only where identity was granted. */
export function toAccountData(
  id: string,
  account: KeptAccount,
  bank: Pick<Bank, 'id' | 'name'>,
  withHolder: boolean,
): AccountData {
  const holderName = withHolder ? account.holders[0]?.name : undefined;
  const identifier = account.identifiers[0];
  return {
    id,
    name: account.name ?? bank.name,
    ...(identifier && {
      financialAddress: toFinancialAddress(identifier, {
        country: countryOf(bank),
        bic: account.bic,
        holderName,
      }),
    }),
    accountType: account.accountType,
    currency: account.currency,
    ...(account.status && { status: account.status }),
  };
}

/**
 * IBAN and currency, whoever brought them; any other identifier together with the bank, so that two people
 * never meet in one id. Only where a bank names nothing else is its own handle used.
 *
 * @param idSecret the merchant's own: the same account has the same id in every session of that merchant, and another
 * merchant's id for it says nothing
 */
export function accountId(account: KeptAccount, bank: Bank, idSecret: Buffer): string {
  const identity = identityOf(account, bank);
  const digest = createHmac('sha256', idSecret)
    .update(JSON.stringify(['account', ...identity]))
    .digest();
  return `acc_${digest.subarray(0, 18).toString('base64url')}`;
}

function identityOf(account: KeptAccount, bank: Bank): string[] {
  const identifier = account.identifiers[0];
  switch (identifier?.type) {
    case 'iban':
      return ['iban', compact(identifier.iban), account.currency];
    case 'bban':
      return ['bban', bank.id, compact(identifier.bban), account.currency];
    case 'masked_pan':
      return [
        'masked_pan',
        bank.id,
        identifier.maskedPan,
        account.holders[0]?.name ?? account.resourceId,
        account.currency,
      ];
    case undefined:
      return ['resource', bank.id, account.resourceId, account.currency];
  }
}

/** @param about `country`: where a number without a country of its own belongs, ISO 3166-1 alpha-2 */
export function toFinancialAddress(
  identifier: AccountIdentifier,
  about: { country: string; bic?: string | undefined; holderName?: string | undefined },
): FinancialAddress {
  const { country, bic, holderName } = about;
  const holder = holderName === undefined ? {} : { accountHolderName: holderName };
  switch (identifier.type) {
    case 'iban':
      return { type: 'iban', iban: { iban: identifier.iban, ...(bic !== undefined && { bic }), ...holder } };
    case 'bban':
      return splitBban(identifier.bban, identifier.country ?? country, holder);
    case 'masked_pan':
      return { type: 'masked_pan', maskedPan: { maskedPan: identifier.maskedPan, ...holder } };
  }
}

/** ISO 3166-1 alpha-2. A bank's id begins with its country. */
export function countryOf(bank: Pick<Bank, 'id'>): string {
  return bank.id.slice(0, 2).toUpperCase();
}

/** Bank code and account number where the country's format is known and the value has its length. */
function splitBban(bban: string, country: string, holder: { accountHolderName?: string }): FinancialAddress {
  const format = bankCodeLengths[country];
  const value = compact(bban);
  if (!format || value.length !== format.whole) return { type: 'bban', bban: { bban, ...holder } };
  const bankCode = value.slice(0, format.bank);
  const accountNumber = value.slice(format.bank);
  return { type: 'bank_code', bankCode: { bankCode, code: bankCode, accountNumber, ...holder } };
}

function compact(value: string): string {
  return value.replace(/\s/g, '').toUpperCase();
}

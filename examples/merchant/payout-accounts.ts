import type { Account } from './trellis-client.ts';

/** An account that money can be sent to, with its number. */
export interface PayoutAccount {
  readonly account: Account;
  readonly number: string;
  readonly isIban: boolean;
}

const payableTypes = new Set(['checking', 'savings']);

/**
 * Of all that a bank shows, what a deposit can be paid to: loans, cards and depots are accounts as well, and not
 * every account has a number that a transfer could name.
 */
export function payoutAccounts(accounts: readonly Account[]): PayoutAccount[] {
  return accounts.flatMap((account) => {
    const { accountType, financialAddress } = account;
    const iban = financialAddress?.iban?.iban;
    const number = iban ?? financialAddress?.bankCode?.accountNumber ?? financialAddress?.bban?.bban;
    if (number === undefined || !payableTypes.has(accountType)) return [];
    return [{ account, number, isIban: iban !== undefined }];
  });
}

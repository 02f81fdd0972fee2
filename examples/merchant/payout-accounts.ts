import type { Account, BankData } from './trellis-client.ts';

/** An account that money can be sent to, with its number. */
export interface PayoutAccount {
  readonly account: Account;
  readonly number: string;
  readonly isIban: boolean;
}

const payableTypes = new Set(['checking', 'savings']);

/**
 * Of all that a bank shows, what a deposit can be paid to: loans, cards and depots are accounts as well, not every
 * account has a number that a transfer could name, and from one that the bank has blocked the money would come back.
 * People also see accounts that are not theirs, as a parent does a child's: those are left out by the holder's name.
 */
export function payoutAccounts({ identity, accounts }: BankData): PayoutAccount[] {
  return accounts.flatMap((account) => {
    const { iban, bankCode, bban } = account.financialAddress ?? {};
    const number = iban?.iban ?? bankCode?.accountNumber ?? bban?.bban;
    const holder = (iban ?? bankCode ?? bban)?.accountHolderName;
    const isPayable = payableTypes.has(account.accountType) && account.status !== 'blocked';
    if (number === undefined || !isPayable || !mayBeSame(identity?.name, holder)) return [];
    return [{ account, number, isIban: iban !== undefined }];
  });
}

/**
 * Whether two names may be one person's: all words of one are in the other. Banks write `BRANDT MIRIAM`, leave out
 * second names, and name both spouses of an account in one line. What a bank does not tell speaks against nobody.
 */
function mayBeSame(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  const [words, others] = [wordsOf(one), wordsOf(other)];
  return hasAll(words, others) || hasAll(others, words);
}

function hasAll(words: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...wanted].every((word) => words.has(word));
}

function wordsOf(name: string): Set<string> {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? []);
}

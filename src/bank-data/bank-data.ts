import type { AccountsRead, Holder } from '../banking/account.ts';
import type { Bank } from '../banking/bank.ts';
import type { Permission } from '../banking/permission.ts';
import { type AccountData, toAccountData } from './account.ts';

/** Counts up with every change of the rules below, so that stored data can be told apart and made anew. */
export const normaliserVersion = 1;

/** Seed, section "Result for Identity". Date of birth is absent unless a bank gives it. */
export interface IdentityData {
  name: string;
  holders?: Holder[];
}

/** Why something that was asked for is not there. */
export type MissingReason = 'not_provided_by_bank' | 'not_supported';

export interface Missing {
  permission: Permission;
  reason: MissingReason;
}

/** A session's `data` as the merchant reads it: only what the permissions cover. */
export interface BankData {
  bankName: string;
  bankId: string;
  identity?: IdentityData;
  accounts: AccountData[];
  missing?: Missing[];
}

/** From what a bank answered to what the merchant reads. Pure: the same answer gives the same data. */
export function normalise(
  read: AccountsRead,
  bank: Bank,
  asked: { permissions: readonly Permission[]; readable: readonly Permission[]; idSecret: Buffer },
): BankData {
  const withIdentity = asked.permissions.includes('identity');
  const identity = withIdentity ? identityOf(read) : undefined;
  const missing = missingOf(asked.permissions, asked.readable, identity);
  const accounts = read.accounts.map((account) => toAccountData(account, bank, asked.idSecret, withIdentity));
  return {
    bankName: bank.name,
    bankId: bank.id,
    ...(identity && { identity }),
    accounts: withoutRepeats(accounts),
    ...(missing.length > 0 && { missing }),
  };
}

/** The person who authorised where the bank tells, else the first holder of the first account. */
function identityOf(read: AccountsRead): IdentityData | undefined {
  const byName = new Map<string, Holder>();
  for (const holder of read.accounts.flatMap((account) => account.holders)) {
    const known = byName.get(holder.name);
    if (!known || (known.role === undefined && holder.role !== undefined)) byName.set(holder.name, holder);
  }
  const holders = [...byName.values()];
  const name = read.psuName ?? holders[0]?.name;
  if (name === undefined) return undefined;
  return { name, ...(holders.length > 0 && { holders }) };
}

function missingOf(
  permissions: readonly Permission[],
  readable: readonly Permission[],
  identity: IdentityData | undefined,
): Missing[] {
  return permissions.flatMap((permission): Missing[] => {
    if (!readable.includes(permission)) return [{ permission, reason: 'not_supported' }];
    if (permission === 'identity' && !identity) return [{ permission, reason: 'not_provided_by_bank' }];
    return [];
  });
}

/** Some banks list an account once per consent scope: one id, one row. */
function withoutRepeats(accounts: readonly AccountData[]): AccountData[] {
  return [...new Map(accounts.map((account) => [account.id, account])).values()];
}

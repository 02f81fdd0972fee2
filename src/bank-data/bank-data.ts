import type { Holder } from '../banking/account.ts';
import type { Bank } from '../banking/bank.ts';
import type { Permission } from '../banking/permission.ts';
import type { KeptAccount } from '../banking/remapping.ts';
import { type AccountData, toAccountData } from './account.ts';
import type { BalanceData } from './balance.ts';
import type { TransactionData } from './transaction.ts';

/** Counts up with every change of the rules by which data are made from what a bank sent. */
export const normaliserVersion = 3;

/** Seed, section "Result for Identity". Date of birth is absent unless a bank gives it. */
export interface IdentityData {
  name: string;
  holders?: Holder[];
}

/**
 * Why something that was asked for is not there. `bank_unavailable`: it was tried several times.
 * `refused_by_bank`: the bank answered no, as for a blocked account. `failed`: it could not be read by us.
 */
export const missingReasons = [
  'not_provided_by_bank',
  'not_supported',
  'refused_by_bank',
  'bank_unavailable',
  'failed',
] as const;

export type MissingReason = (typeof missingReasons)[number];

export interface Missing {
  permission: Permission;
  accountId?: string;
  reason: MissingReason;
}

/** What was read for a session but its transactions, which are kept row by row. */
export interface BankDocument {
  bankName: string;
  bankId: string;
  identity?: IdentityData;
  accounts: AccountData[];
  balances?: BalanceData[];
  missing?: Missing[];
}

/** A session's `data` as the merchant reads it: only what the permissions cover. */
export interface BankData extends BankDocument {
  /** Newest first, and no more than fit; the rest is in the list. */
  transactions?: TransactionData[];
  hasMoreTransactions?: boolean;
}

/** What a bank told of accounts, each with our id of it. */
export interface AccountsTold {
  readonly accounts: readonly (readonly [id: string, account: KeptAccount])[];
  readonly psuName?: string | undefined;
}

/** Identity and accounts, from what a bank answered. Pure: the same answer gives the same data. */
export function normaliseAccounts(
  told: AccountsTold,
  bank: Pick<Bank, 'id' | 'name'>,
  withIdentity: boolean,
): Pick<BankDocument, 'bankName' | 'bankId' | 'identity' | 'accounts'> {
  const identity = withIdentity ? identityOf(told) : undefined;
  const accounts = told.accounts.map(([id, account]) => toAccountData(id, account, bank, withIdentity));
  return {
    bankName: bank.name,
    bankId: bank.id,
    ...(identity && { identity }),
    accounts: withoutRepeats(accounts),
  };
}

/** The person who authorised where the bank tells, else the first holder of the first account. */
function identityOf({ accounts, psuName }: AccountsTold): IdentityData | undefined {
  const byName = new Map<string, Holder>();
  for (const holder of accounts.flatMap(([, account]) => account.holders)) {
    const known = byName.get(holder.name);
    if (!known || (known.role === undefined && holder.role !== undefined)) byName.set(holder.name, holder);
  }
  const holders = [...byName.values()];
  const name = psuName ?? holders[0]?.name;
  if (name === undefined) return undefined;
  return { name, ...(holders.length > 0 && { holders }) };
}

/** Some banks list an account once per consent scope: one id, one row. */
function withoutRepeats(accounts: readonly AccountData[]): AccountData[] {
  return [...new Map(accounts.map((account) => [account.id, account])).values()];
}

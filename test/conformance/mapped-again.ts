import { expect } from 'vitest';
import type { BankAccount } from '../../src/banking/account.ts';
import type { BankBalance } from '../../src/banking/balance.ts';
import type { Kept, Remapping } from '../../src/banking/remapping.ts';
import type { BankTransaction } from '../../src/banking/transaction.ts';

/** What was kept of accounts that were read gives the same accounts once more. */
export function expectAccountsAgain(remapping: Remapping, accounts: readonly BankAccount[]): void {
  for (const { handle: _handle, balances, ...told } of accounts) {
    expectSame(told, remapping.account(keptOf(told)));
    expectBalancesAgain(remapping, told, balances ?? []);
  }
}

export function expectBalancesAgain(
  remapping: Remapping,
  account: Kept,
  balances: readonly BankBalance[],
): void {
  for (const balance of balances) expectSame(balance, remapping.balance(keptOf(balance), keptOf(account)));
}

export function expectRowsAgain(remapping: Remapping, rows: readonly BankTransaction[]): void {
  for (const row of rows) expectSame(row, remapping.transaction(keptOf(row), row.status));
}

/** As it is kept: JSON. */
function keptOf({ raw, rawForm }: Kept): Kept {
  return JSON.parse(JSON.stringify({ raw, rawForm }));
}

function expectSame(read: Kept, again: Kept): void {
  expect({ ...again, raw: read.raw, rawForm: read.rawForm }).toEqual(read);
}

import type { Bank } from '../banks.ts';
import { addDays, localDate } from '../clock.ts';
import type { Account } from '../personas/account.ts';
import { balanceCents, movementsOf } from '../personas/movement.ts';
import type { Sandbox } from '../sandbox.ts';

/**
 * Schema balanceList, of each account in a single currency. Yesterday's movements are booked, today's are
 * pending: they count for what is available, not for what is booked.
 */
export function balancesWire(sandbox: Sandbox, bank: Bank, accounts: readonly Account[]) {
  const today = localDate(sandbox.clock.now(), bank.timeZone);
  return accounts.flatMap((account) => balancesOf(sandbox, bank, account, today));
}

export function decimal(cents: number): string {
  const digits = Math.abs(cents).toString().padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function balancesOf({ seed }: Sandbox, bank: Bank, account: Account, today: string) {
  const yesterday = addDays(today, -1);
  const movements = movementsOf(seed, bank, account, today);
  const booked = balanceCents(account, movements, yesterday);
  const expected = balanceCents(account, movements, today);
  const amount = (cents: number) => ({
    balanceAmount: { currency: account.currency, amount: decimal(cents) },
  });
  return [
    { ...amount(booked), balanceType: 'closingBooked', referenceDate: yesterday },
    { ...amount(booked), balanceType: 'interimBooked', referenceDate: today },
    {
      ...amount(expected + account.creditLimitCents),
      balanceType: 'interimAvailable',
      creditLimitIncluded: account.creditLimitCents > 0,
      referenceDate: today,
    },
  ];
}

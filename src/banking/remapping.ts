import type { BankAccount } from './account.ts';
import type { BankBalance } from './balance.ts';
import type { BankTransaction } from './transaction.ts';

/** What a bank sent, as it was kept: JSON. */
export interface Kept {
  readonly raw: unknown;
  /** The connector's own word for how to read it; absent where none was kept yet. */
  readonly rawForm?: string | undefined;
}

/** An account without the ways to read more of it. */
export type KeptAccount = Omit<BankAccount, 'handle' | 'balances'>;

/**
 * The mapping of one bank, for what came from it before: with the same rules as when it is read, and nobody is asked.
 * Each throws, whatever it likes, for what can no longer be mapped.
 */
export interface Remapping {
  account(kept: Kept): KeptAccount;
  /** @param of the account that it is the balance of */
  balance(kept: Kept, of: Kept): BankBalance;
  /** @param status under which the bank listed it */
  transaction(kept: Kept, status: BankTransaction['status']): BankTransaction;
}

import type { BankAccount } from '../../src/banking/account.ts';
import type { BankBalance } from '../../src/banking/balance.ts';
import type { Bank } from '../../src/banking/bank.ts';
import type { Connector } from '../../src/banking/connector.ts';
import type { Remapping } from '../../src/banking/remapping.ts';
import type { BankTransaction, TransactionsPage } from '../../src/banking/transaction.ts';

/** What the bank holds now; a test changes it as it goes. Pages may be made on the way, and may throw. */
export interface Script {
  accounts: BankAccount[];
  balances: Map<string, BankBalance[] | Error>;
  /** By the account's resource id; told from which day on it is asked. */
  pages: Map<string, (from: string) => AsyncGenerator<TransactionsPage> | Generator<TransactionsPage>>;
  /** How what was kept is mapped now. */
  remapping?: Remapping;
}

export const scriptedBank: Bank = {
  id: 'de-scripted-bank',
  name: 'Scripted Bank',
  markets: ['DE'],
  currencies: ['EUR'],
  protocol: 'scripted',
  test: true,
  aliases: [],
  bankCodes: [],
  profile: {},
};

/** The contract with banks, played from a script: for what must hold whatever a bank's protocol is. */
export function scriptedConnector(script: Script): Connector {
  const never = async () => {
    throw new Error('not in this script');
  };
  return {
    protocol: 'scripted',
    capabilities: { permissions: ['identity', 'balances', 'transactions'] },
    checkProfile: () => undefined,
    maxConsentDays: () => 180,
    callBudget: () => ({ limit: 4, day: '2027-03-01', resetsAt: new Date('2027-03-02') }),
    begin: never,
    resume: never,
    status: never,
    revoke: never,
    abandon: never,
    remap: () => {
      if (!script.remapping) throw new Error('not in this script');
      return script.remapping;
    },
    accounts: async () => ({ accounts: script.accounts }),
    balances: async (_bank, _access, account) => {
      const balances = script.balances.get(account.resourceId) ?? [];
      if (balances instanceof Error) throw balances;
      return balances;
    },
    transactions: async function* (_bank, _access, account, { from }) {
      yield* script.pages.get(account.resourceId)?.(from) ?? [];
    },
  };
}

export function bankAccount(resourceId: string, more: Partial<BankAccount> = {}): BankAccount {
  return {
    resourceId,
    identifiers: [{ type: 'iban', iban: `DE00${resourceId}` }],
    currency: 'EUR',
    accountType: 'checking',
    holders: [{ name: 'Ada Lindqvist' }],
    handle: {},
    raw: { resourceId },
    ...more,
  };
}

export function bankTransaction(description: string, more: Partial<BankTransaction> = {}): BankTransaction {
  return {
    status: 'booked',
    amount: '10.00',
    currency: 'EUR',
    direction: 'debit',
    ...(more.status === 'pending' ? { valueDate: '2027-03-01' } : { bookingDate: '2027-03-01' }),
    description,
    raw: { description },
    ...more,
  };
}

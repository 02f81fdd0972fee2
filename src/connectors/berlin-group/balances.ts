import type { BankAccount } from '../../banking/account.ts';
import type { BankBalance } from '../../banking/balance.ts';
import type { ReadAccess } from '../../banking/call-budget.ts';
import { BankFailure } from '../../banking/failure.ts';
import { type AccountHandle, handleOf, quotesDebitsPositive, requireUnblocked } from './account-handle.ts';
import { balanceOf } from './balance-mapping.ts';
import { type Connection, jsonOf } from './client.ts';
import { ConsentedClient } from './consented-client.ts';
import { countedRead } from './counted-read.ts';
import { unreadable, unreadableRow } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';
import { balancesAddress } from './own-query.ts';
import { rawForms } from './raw-form.ts';

/** GET .../balances of an account or card, unless the list brought them. */
export async function readBalances(
  connection: Connection,
  access: ReadAccess,
  account: BankAccount,
): Promise<readonly BankBalance[]> {
  const operation = 'read balances';
  const handle = handleOf(account);
  const { balancesUrl } = handle;
  if (account.balances !== undefined) return account.balances;
  if (balancesUrl === undefined) return [];
  const client = new ConsentedClient(connection, access);
  const counted = { read: 'balances', account: account.resourceId } as const;
  const url = balancesAddress(connection.profile, balancesUrl, account.currency);
  const answer = await countedRead(access, counted, () => client.read(operation, url));
  if (answer.status === 204) return [];
  requireUnblocked(operation, answer);
  const { json } = jsonOf(connection, operation, answer, true);
  if (!Array.isArray(json.balances)) throw unreadable(operation, 'the answer has no list of balances');
  return balancesOf(connection, operation, handle, { ...json, balances: json.balances });
}

/**
 * Those that an account of the list or an answer of its own tells.
 * @throws BankFailure where one of them cannot be read, or there are more than anybody has
 */
export function balancesOf(
  connection: Connection,
  operation: string,
  handle: AccountHandle,
  told: JsonObject & { readonly balances: readonly unknown[] },
): readonly BankBalance[] {
  const { limits, profile } = connection;
  const { balances } = told;
  const rules = { timeZone: profile.timeZone, debitsPositive: quotesDebitsPositive(handle, told) };
  const rawForm = rules.debitsPositive ? rawForms.debitsPositiveBalance : rawForms.balance;
  if (balances.length > limits.maxBalances) {
    throw new BankFailure('bank-refused', `${operation}: more than ${limits.maxBalances} balances`);
  }
  return balances.map((row) => {
    if (!isObject(row)) throw unreadableRow(operation, 'balance');
    return { ...balanceOf(row, rules, operation), rawForm };
  });
}

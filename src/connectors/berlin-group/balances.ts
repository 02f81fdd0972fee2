import type { BankAccount } from '../../banking/account.ts';
import type { BankBalance } from '../../banking/balance.ts';
import type { ConsentAccess } from '../../banking/connector.ts';
import { BankFailure } from '../../banking/failure.ts';
import { handleOf, isBlocked } from './account-handle.ts';
import { balanceOf } from './balance-mapping.ts';
import { type Connection, jsonOf } from './client.ts';
import { ConsentedClient } from './consented-client.ts';
import { unreadable, unreadableRow } from './errors.ts';
import { isObject } from './json.ts';

/** GET .../balances of an account or card, unless the list brought them. */
export async function readBalances(
  connection: Connection,
  access: ConsentAccess,
  account: BankAccount,
): Promise<readonly BankBalance[]> {
  const operation = 'read balances';
  const { balancesUrl } = handleOf(account);
  if (account.balances !== undefined) return account.balances;
  if (balancesUrl === undefined) return [];
  const answer = await new ConsentedClient(connection, access).read(operation, balancesUrl);
  if (answer.status === 204 || isBlocked(answer)) return [];
  const { balances } = jsonOf(connection, operation, answer, true).json;
  if (!Array.isArray(balances)) throw unreadable(operation, 'the answer has no list of balances');
  return balancesOf(connection, operation, balances);
}

/** @throws BankFailure where one of them cannot be read, or there are more than anybody has */
export function balancesOf(
  connection: Connection,
  operation: string,
  rows: readonly unknown[],
): readonly BankBalance[] {
  const { limits, profile } = connection;
  if (rows.length > limits.maxBalances) {
    throw new BankFailure('bank-refused', `${operation}: more than ${limits.maxBalances} balances`);
  }
  return rows.map((row) => {
    if (!isObject(row)) throw unreadableRow(operation, 'balance');
    return balanceOf(row, profile.timeZone, operation);
  });
}

import type { AccountsRead, BankAccount } from '../../banking/account.ts';
import type { Bank } from '../../banking/bank.ts';
import type { ConsentAccess } from '../../banking/connector.ts';
import { BankFailure } from '../../banking/failure.ts';
import { type Connection, type JsonAnswer, jsonOf } from './client.ts';
import { ConsentedClient } from './consented-client.ts';
import { unreadable } from './errors.ts';
import { isObject, type JsonObject, objectsOf, textOf } from './json.ts';
import { linkTo } from './links.ts';
import { accountOf } from './mapping.ts';

/** GET /accounts, and GET /accounts/{id} where the profile says that the list tells too little. */
export async function readAccounts(
  connection: Connection,
  bank: Bank,
  access: ConsentAccess,
): Promise<AccountsRead> {
  const client = new ConsentedClient(connection, access);
  const rows = await detailedRows(connection, client, await listedRows(connection, client));
  const country = bank.markets.length === 1 ? bank.markets[0] : undefined;
  const accounts = rows.flatMap((row) => accountOf(row, country) ?? []);
  const psuName = rows.map((row) => textOf(row, 'psuName')).find((name) => name !== undefined);
  return { accounts: withoutRepeats(accounts), ...(psuName !== undefined && { psuName }) };
}

interface Row {
  readonly answer: JsonAnswer;
  readonly account: JsonObject;
}

async function listedRows(connection: Connection, client: ConsentedClient): Promise<readonly Row[]> {
  const operation = 'read accounts';
  const answer = jsonOf(
    connection,
    operation,
    await client.read(operation, `${connection.profile.baseUrl}/accounts`),
    true,
  );
  if (!Array.isArray(answer.json.accounts)) throw unreadable(operation, 'the answer has no list of accounts');
  const accounts = objectsOf(answer.json.accounts);
  if (accounts.length > connection.limits.maxAccounts) {
    throw new BankFailure(
      'bank-refused',
      `${operation}: more than ${connection.limits.maxAccounts} accounts`,
    );
  }
  return accounts.map((account) => ({ answer, account }));
}

async function detailedRows(
  connection: Connection,
  client: ConsentedClient,
  rows: readonly Row[],
): Promise<readonly JsonObject[]> {
  const detailed: JsonObject[] = [];
  for (const row of rows) {
    const url = connection.profile.accountDetails === 'one-by-one' ? detailsUrl(connection, row) : undefined;
    const details = url === undefined ? {} : await accountDetails(connection, client, url);
    detailed.push({ ...row.account, ...details });
  }
  return detailed;
}

function detailsUrl(connection: Connection, { answer, account }: Row): string | undefined {
  const { profile } = connection;
  const resourceId = textOf(account, 'resourceId');
  const link = linkTo(profile, { url: answer.url, json: account }, 'account');
  return link ?? (resourceId && `${profile.baseUrl}/accounts/${encodeURIComponent(resourceId)}`);
}

async function accountDetails(
  connection: Connection,
  client: ConsentedClient,
  url: string,
): Promise<JsonObject> {
  const operation = 'read account details';
  const { json } = jsonOf(connection, operation, await client.read(operation, url), true);
  return isObject(json.account) ? json.account : {};
}

/** A bank that lists an account twice means it once. */
function withoutRepeats(accounts: readonly BankAccount[]): BankAccount[] {
  const byHandle = new Map<string, BankAccount>();
  for (const account of accounts) {
    const { resourceId, identifiers, currency } = account;
    const handle = resourceId === '' ? JSON.stringify([identifiers[0], currency]) : resourceId;
    if (!byHandle.has(handle)) byHandle.set(handle, account);
  }
  return [...byHandle.values()];
}

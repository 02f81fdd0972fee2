import type { AccountsRead, BankAccount } from '../../banking/account.ts';
import type { Bank } from '../../banking/bank.ts';
import type { ReadAccess } from '../../banking/call-budget.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Permission } from '../../banking/permission.ts';
import { handleFor, type ListedRow } from './account-handle.ts';
import { balancesOf } from './balances.ts';
import { type Connection, jsonOf } from './client.ts';
import { opensOnlyTheList } from './consent.ts';
import { ConsentedClient } from './consented-client.ts';
import { countedRead } from './counted-read.ts';
import { type BankAnswer, hasMessages, unreadable } from './errors.ts';
import { isObject, objectsOf, textOf } from './json.ts';
import { linkTo } from './links.ts';
import { accountOf, cardAccountOf } from './mapping.ts';
import { rawForms } from './raw-form.ts';

/** What one reading of the lists needs. */
interface Reading {
  readonly connection: Connection;
  readonly access: ReadAccess;
  readonly client: ConsentedClient;
  /** False where the consent names accounts and no more. */
  readonly opensAccounts: boolean;
  readonly withBalances: boolean;
  readonly country: string | undefined;
}

/**
 * GET /accounts, GET /card-accounts where the bank has it, and GET /accounts/{id} where the profile says
 * that the list tells too little.
 */
export async function readAccounts(
  connection: Connection,
  bank: Bank,
  access: ReadAccess,
  permissions: readonly Permission[],
): Promise<AccountsRead> {
  const { profile } = connection;
  const opensAccounts = profile.consent === 'none' || !opensOnlyTheList(profile, permissions);
  const balancesAsked = profile.balancesInList === 'always' || !opensAccounts;
  const reading: Reading = {
    connection,
    access,
    client: new ConsentedClient(connection, access),
    opensAccounts,
    withBalances: permissions.includes('balances') && balancesAsked,
    country: countryOf(bank),
  };
  const rows = await detailedRows(reading, [...(await listedRows(reading)), ...(await cardRows(reading))]);
  const accounts = rows.flatMap((row) => accountIn(reading, row) ?? []);
  const psuName = rows.map(({ account }) => textOf(account, 'psuName')).find((name) => name !== undefined);
  return { accounts: withoutRepeats(accounts), ...(psuName !== undefined && { psuName }) };
}

/** Where a bank of one country has its accounts, ISO 3166-1 alpha-2. */
export function countryOf({ markets }: Pick<Bank, 'markets'>): string | undefined {
  return markets.length === 1 ? markets[0] : undefined;
}

function accountIn({ connection, ...reading }: Reading, row: ListedRow): BankAccount | undefined {
  const isCard = row.list === 'card-accounts';
  const { accountName } = connection.profile;
  const mapped = (isCard ? cardAccountOf : accountOf)(row.account, reading.country, accountName);
  if (mapped === undefined) return undefined;
  const listed = { ...mapped, rawForm: isCard ? rawForms.cardAccount : rawForms.account };
  const handle = handleFor(row, connection.profile, reading.opensAccounts);
  const { balances } = row.account;
  if (!reading.withBalances || !Array.isArray(balances)) return { ...listed, handle };
  const told = { ...row.account, balances };
  return { ...listed, handle, balances: balancesOf(connection, 'read accounts', handle, told) };
}

async function listedRows(reading: Reading): Promise<readonly ListedRow[]> {
  const { connection, access, client, withBalances } = reading;
  const operation = 'read accounts';
  const url = `${connection.profile.baseUrl}/accounts${withBalances ? '?withBalance=true' : ''}`;
  const answered = await countedRead(access, { read: 'accounts' }, () => client.read(operation, url));
  if (saysThereAreNone(connection, answered)) return [];
  const answer = jsonOf(connection, operation, answered, true);
  if (!Array.isArray(answer.json.accounts)) throw unreadable(operation, 'the answer has no list of accounts');
  return rowsIn(reading, 'accounts', answer.url, answer.json.accounts);
}

/** A 404 of something else than the bank is no word about accounts: its address may be wrong. */
function saysThereAreNone({ profile }: Connection, answer: BankAnswer): boolean {
  return profile.noAccounts === 'not-found' && answer.status === 404 && hasMessages(answer);
}

/** A consent that opens no account opens no card; a person without cards may have no list of them. */
async function cardRows(reading: Reading): Promise<readonly ListedRow[]> {
  const { connection, access, client, opensAccounts } = reading;
  if (!connection.profile.cardAccounts || !opensAccounts) return [];
  const operation = 'read card accounts';
  const url = `${connection.profile.baseUrl}/card-accounts`;
  const answered = await countedRead(access, { read: 'card-accounts' }, () => client.read(operation, url));
  if (answered.status === 404) return [];
  const answer = jsonOf(connection, operation, answered, true);
  if (!Array.isArray(answer.json.cardAccounts))
    throw unreadable(operation, 'the answer has no list of cards');
  return rowsIn(reading, 'card-accounts', answer.url, answer.json.cardAccounts);
}

function rowsIn(
  { connection }: Reading,
  list: ListedRow['list'],
  url: string,
  rows: readonly unknown[],
): readonly ListedRow[] {
  const { maxAccounts } = connection.limits;
  const accounts = objectsOf(rows);
  if (accounts.length > maxAccounts) {
    throw new BankFailure('bank-refused', `read accounts: more than ${maxAccounts} accounts`);
  }
  return accounts.map((account) => ({ list, url, account }));
}

async function detailedRows(reading: Reading, rows: readonly ListedRow[]): Promise<readonly ListedRow[]> {
  const detailed: ListedRow[] = [];
  for (const row of rows) detailed.push(await detailedRow(reading, row));
  return detailed;
}

async function detailedRow({ connection, access, client }: Reading, row: ListedRow): Promise<ListedRow> {
  const url = connection.profile.accountDetails === 'one-by-one' ? detailsUrl(connection, row) : undefined;
  if (url === undefined) return row;
  const operation = 'read account details';
  const counted = { read: 'account', account: url } as const;
  const answered = await countedRead(access, counted, () => client.read(operation, url));
  const { json } = jsonOf(connection, operation, answered, true);
  const sent = row.list === 'accounts' ? json.account : json.cardAccount;
  const details = isObject(sent) ? sent : {};
  return {
    list: row.list,
    url: details._links === undefined ? row.url : url,
    account: { ...row.account, ...details },
  };
}

function detailsUrl({ profile }: Connection, { list, url, account }: ListedRow): string | undefined {
  const resourceId = textOf(account, 'resourceId');
  const link = linkTo(profile, { url, json: account }, 'account');
  return link ?? (resourceId && `${profile.baseUrl}/${list}/${encodeURIComponent(resourceId)}`);
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

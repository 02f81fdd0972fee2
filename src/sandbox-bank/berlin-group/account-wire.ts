import { accountsPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import type { Rights } from '../consents/access.ts';
import type { Owner } from '../personas/account-rows.ts';
import type { Persona } from '../personas/persona.ts';
import type { Links } from './operation.ts';
import type { ReadableAccount } from './reading.ts';

/** Schema accountDetails. In a list of available accounts an account is only named, without links. */
export function accountWire({ resourceId, account, rights }: ReadableAccount, persona: Persona, bank: Bank) {
  const { type, displayName, settledFrom } = account;
  return {
    resourceId,
    ...account.number,
    currency: account.currency,
    name: account.name,
    ...(displayName !== undefined && { displayName }),
    product: account.product,
    ...(type !== undefined && { cashAccountType: type }),
    status: account.status,
    bic: bank.bic,
    ...(settledFrom !== undefined && { linkedAccounts: settledFrom }),
    usage: account.usage,
    ...(rights.ownerName && ownership(account.owners, persona)),
    ...(rights.details && { _links: links(bank, resourceId, rights) }),
  };
}

/** `ownerNames` with roles, and `psuName`, came with 1.3.12; a single owner has the older `ownerName` only. */
export function ownership(
  owners: readonly Owner[],
  persona: Persona,
): { ownerName?: string; ownerNames?: readonly Owner[]; psuName?: string } {
  if (persona.withoutOwnerName) return {};
  const ownerName = owners
    .filter(({ role }) => role === 'owner')
    .map(({ name }) => name)
    .join(', ');
  return { ownerName, ...(owners.length > 1 && { ownerNames: owners }), psuName: persona.name };
}

/** A link for each right, and none for what the consent does not cover. */
function links(bank: Bank, resourceId: string, rights: Rights): Links {
  const account = `${accountsPath(bank)}/${resourceId}`;
  return {
    account: { href: account },
    ...(rights.balances && { balances: { href: `${account}/balances` } }),
    ...(rights.transactions && { transactions: { href: `${account}/transactions` } }),
  };
}

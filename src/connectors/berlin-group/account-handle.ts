import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { BankAccount } from '../../banking/account.ts';
import { BankFailure } from '../../banking/failure.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import { booleanOf, isObject, type JsonObject, textOf } from './json.ts';
import { keptLinkTo } from './links.ts';
import type { Profile } from './profiles.ts';

const url = Type.String({ minLength: 1 });

const handleSchema = Type.Object({
  /** Cards have rows of their own kind. */
  list: Type.Union([Type.Literal('accounts'), Type.Literal('card-accounts')]),
  balancesUrl: Type.Optional(url),
  transactionsUrl: Type.Optional(url),
  debitAccounting: Type.Optional(Type.Boolean()),
});

/** How to read on from one account of a list. */
export type AccountHandle = Static<typeof handleSchema>;

/** An account of a list with the place it was found in. */
export interface ListedRow {
  readonly list: AccountHandle['list'];
  /** What was asked; links resolve against it. */
  readonly url: string;
  readonly account: JsonObject;
}

/**
 * By the links of the account. A bank that links to one of the two means the other to be closed; for one
 * that links to neither the addresses are built as the standard has them, if the consent opens accounts.
 */
export function handleFor(row: ListedRow, profile: Profile, opensAccounts: boolean): AccountHandle {
  const answered = { url: row.url, json: row.account };
  const linked = {
    ...optional('balancesUrl', keptLinkTo(profile, answered, 'balances')),
    ...optional('transactionsUrl', keptLinkTo(profile, answered, 'transactions')),
  };
  const { list, account } = row;
  const known = { list, ...(booleanOf(account.debitAccounting) && { debitAccounting: true }) };
  const resourceId = textOf(account, 'resourceId');
  if (Object.keys(linked).length > 0 || !opensAccounts || resourceId === undefined)
    return { ...known, ...linked };
  const self = `${profile.baseUrl}/${list}/${encodeURIComponent(resourceId)}`;
  return { ...known, balancesUrl: `${self}/balances`, transactionsUrl: `${self}/transactions` };
}

/**
 * Whether a card's debits are quoted without a minus, and its credits with one (schema `debitAccounting`): by
 * the answer itself, else by what the list said.
 */
export function quotesDebitsPositive(handle: AccountHandle, answer: JsonObject): boolean {
  if (handle.list !== 'card-accounts') return false;
  return booleanOf(answer.debitAccounting) ?? handle.debitAccounting ?? false;
}

/** @throws BankFailure our-bug for what this connector did not write */
export function handleOf(account: BankAccount): AccountHandle {
  if (isObject(account.handle) && Value.Check(handleSchema, account.handle)) return account.handle;
  throw new BankFailure('our-bug', 'the handle of the account is not one of this connector');
}

/**
 * The bank keeps this one account to itself, whatever the consent says: asking the user again would not help, so that
 * a 403 is no matter of the consent here.
 *
 * @throws BankFailure bank-refused
 */
export function requireUnblocked(operation: string, answer: BankAnswer): void {
  const bankCode = 'RESOURCE_BLOCKED';
  if (answer.status < 400 || !codesOf(answer).includes(bankCode)) return;
  const details = { httpStatus: answer.status, bankCode };
  throw new BankFailure('bank-refused', `${operation}: the bank has blocked the account`, details);
}

function optional<K extends string>(name: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: string });
}

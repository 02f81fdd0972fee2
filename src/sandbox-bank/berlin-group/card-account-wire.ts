import { cardAccountsPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import { numberText } from '../personas/account.ts';
import type { Entry } from '../personas/entry.ts';
import type { Persona } from '../personas/persona.ts';
import { ownership } from './account-wire.ts';
import { decimal } from './balance-wire.ts';
import type { ReadableAccount } from './reading.ts';

/** Purchases count as negative amounts, as on an account (attribute debitAccounting). */
export const debitAccounting = false;

/** Schema cardAccountDetails: no kind, no BIC, and the credit limit that accounts keep to themselves. */
export function cardAccountWire(readable: ReadableAccount, persona: Persona, bank: Bank) {
  const { resourceId, account, rights } = readable;
  const { currency, creditLimitCents, displayName } = account;
  const href = `${cardAccountsPath(bank)}/${resourceId}`;
  const { ownerName } = rights.ownerName ? ownership(account.owners, persona) : {};
  return {
    resourceId,
    maskedPan: numberText(account.number),
    currency,
    ...(ownerName !== undefined && { ownerName }),
    name: account.name,
    ...(displayName !== undefined && { displayName }),
    product: account.product,
    debitAccounting,
    status: account.status,
    usage: account.usage,
    ...(creditLimitCents > 0 && { creditLimit: { currency, amount: decimal(creditLimitCents) } }),
    ...(rights.details && {
      _links: {
        cardAccount: { href },
        ...(rights.balances && { balances: { href: `${href}/balances` } }),
        ...(rights.transactions && { transactions: { href: `${href}/transactions` } }),
      },
    }),
  };
}

/** Schema cardTransaction. What was bought before this month has been invoiced. */
export function cardTransactionWire(entry: Entry, today: string) {
  const { day, cents, counterparty, text, code, account, isPending, shownId } = entry;
  return {
    ...(shownId !== undefined && { cardTransactionId: shownId.slice(0, 35) }),
    transactionDate: day,
    ...(!isPending && { bookingDate: day }),
    transactionAmount: { currency: account.currency, amount: decimal(cents) },
    maskedPAN: numberText(account.number),
    transactionDetails: `${text} ${counterparty.name}`,
    invoiced: day.slice(0, 7) < today.slice(0, 7),
    proprietaryBankTransactionCode: code,
  };
}

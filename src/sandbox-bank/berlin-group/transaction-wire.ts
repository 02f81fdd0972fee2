import type { Account } from '../personas/account.ts';
import type { Movement } from '../personas/movement.ts';
import { decimal } from './balance-wire.ts';

/** A movement of one account in one currency. */
export interface Entry extends Movement {
  readonly account: Account;
}

/** Schema transactions. A pending one has no booking date and nothing yet to know it by. */
export function transactionWire(entry: Entry, isPending: boolean, accountHref: string) {
  const { id, day, cents, counterparty, text, code, account } = entry;
  const other = { iban: counterparty.iban };
  return {
    ...(!isPending && { transactionId: id, entryReference: entryReference(entry), bookingDate: day }),
    valueDate: day,
    transactionAmount: { currency: account.currency, amount: decimal(cents) },
    ...(cents < 0
      ? { creditorName: counterparty.name, creditorAccount: other }
      : { debtorName: counterparty.name, debtorAccount: other }),
    remittanceInformationUnstructured: text,
    bankTransactionCode: code,
    ...(!isPending && { _links: { transactionDetails: { href: `${accountHref}/transactions/${id}` } } }),
  };
}

/** At most 35 characters (Max35Text). */
function entryReference({ id, day }: Entry): string {
  return `${day.replaceAll('-', '')}-${id.slice(0, 13)}`;
}

import type { Deviations } from '../deviations.ts';
import type { Entry } from '../personas/entry.ts';
import { decimal } from './balance-wire.ts';

/** Schema transactions. A pending one has no booking date and mostly nothing yet to know it by. */
export function transactionWire(entry: Entry, accountHref: string, { unsignedAmounts }: Deviations) {
  const { day, cents, counterparty, text, code, account, isPending, shownId, reference } = entry;
  const other = { iban: counterparty.iban };
  const hasDetails = !isPending && shownId !== undefined;
  return {
    ...(shownId !== undefined && { transactionId: shownId }),
    ...(hasDetails && !account.habits.idsChangeDaily && { entryReference: entryReference(day, shownId) }),
    ...(!isPending && { bookingDate: day }),
    valueDate: day,
    transactionAmount: {
      currency: account.currency,
      amount: decimal(unsignedAmounts === undefined ? cents : Math.abs(cents)),
    },
    ...(unsignedAmounts === 'indicator' && { creditDebitIndicator: cents < 0 ? 'DBIT' : 'CRDT' }),
    ...(cents < 0
      ? { creditorName: counterparty.name, creditorAccount: other }
      : { debtorName: counterparty.name, debtorAccount: other }),
    remittanceInformationUnstructured: text,
    ...(reference !== undefined && { remittanceInformationStructured: { reference } }),
    bankTransactionCode: code,
    ...(hasDetails && {
      _links: { transactionDetails: { href: `${accountHref}/transactions/${shownId}` } },
    }),
  };
}

/** At most 35 characters (Max35Text). */
export function entryReference(day: string, id: string): string {
  return `${day.replaceAll('-', '')}-${id.slice(0, 13)}`;
}

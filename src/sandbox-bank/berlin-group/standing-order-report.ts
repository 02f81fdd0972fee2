import type { FastifyRequest } from 'fastify';
import { accountsPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import { standingOrdersOf } from '../personas/standing-order.ts';
import { queryOf } from '../request-parts.ts';
import { decimal } from './balance-wire.ts';
import type { Call } from './operation.ts';
import type { ReadAccount } from './reading.ts';

/** True for bookingStatus=information, which is about what will be paid again and again, at a bank that has it. */
export function asksForStandingOrders(request: FastifyRequest, { deviations }: Bank): boolean {
  return deviations.bookedOrInformation === true && queryOf(request).bookingStatus === 'information';
}

/** Schema accountReport with `information`: a row for each standing order, and none that was booked. */
export function standingOrderReport({ bank }: Call, { readable, ledgers }: ReadAccount) {
  const information = ledgers.flatMap((account) =>
    standingOrdersOf(bank, account).map(({ name, iban, cents, text, startDate, dayOfMonth }) => ({
      creditorName: name,
      creditorAccount: { iban },
      transactionAmount: { currency: account.currency, amount: decimal(cents) },
      remittanceInformationUnstructured: text,
      bankTransactionCode: 'PMNT-ICDT-STDO',
      additionalInformationStructured: {
        standingOrderDetails: { startDate, frequency: 'Monthly', dayOfExecution: `${dayOfMonth}` },
      },
    })),
  );
  const account = { href: `${accountsPath(bank)}/${readable.resourceId}` };
  return { account: { ...readable.account.number }, transactions: { information, _links: { account } } };
}

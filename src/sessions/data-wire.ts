import { Type } from 'typebox';
import { missingReasons } from '../bank-data/bank-data.ts';
import { accountTypes } from '../banking/account.ts';
import { balanceTypes } from '../banking/balance.ts';
import { permissions } from '../banking/permission.ts';

const text = Type.String();
const optionalText = Type.Optional(text);

/** Seed, section "Financial Address". */
export const financialAddress = Type.Object({
  type: Type.Enum(['iban', 'bank_code', 'bban', 'masked_pan']),
  iban: Type.Optional(Type.Object({ iban: text, bic: optionalText, accountHolderName: optionalText })),
  bankCode: Type.Optional(
    Type.Object({ bankCode: text, code: text, accountNumber: text, accountHolderName: optionalText }),
  ),
  bban: Type.Optional(Type.Object({ bban: text, accountHolderName: optionalText })),
  maskedPan: Type.Optional(Type.Object({ maskedPan: text, accountHolderName: optionalText })),
});

const amount = Type.String({ description: 'Decimal, exact.' });

/** What an account holds in one currency. */
export const balanceSchema = Type.Object({
  accountId: text,
  available: amount,
  current: amount,
  currency: text,
  timestamp: Type.String({ description: 'ISO 8601 UTC.' }),
  derived: Type.Optional(
    Type.Array(Type.Enum(['available', 'current']), {
      description: 'Those of the two that the bank did not send: they repeat the other.',
    }),
  ),
  types: Type.Array(
    Type.Object({
      type: Type.Enum([...balanceTypes]),
      amount,
      includesCreditLine: Type.Optional(Type.Boolean()),
      referenceDate: optionalText,
    }),
    { description: 'What the bank sent, in the words of Berlin Group.' },
  ),
});

export const transactionSchema = Type.Object({
  id: Type.String({ description: 'The same in every session of yours, pending and booked.' }),
  accountId: text,
  amount: Type.String({ description: 'Decimal, exact, without sign; the direction is in `type`.' }),
  currency: text,
  timestamp: Type.String({ description: 'ISO 8601 UTC; midnight where the bank tells only the day.' }),
  bookingDate: optionalText,
  valueDate: optionalText,
  type: Type.Enum(['credit', 'debit']),
  status: Type.Enum(['booked', 'pending']),
  counterpartyName: optionalText,
  counterpartyAccount: Type.Optional(financialAddress),
  description: optionalText,
  bankTransactionCode: optionalText,
});

/** An account in the words of the vendor's last client. */
export const listedAccountSchema = Type.Object({
  id: text,
  bankId: text,
  bankName: text,
  currency: text,
  accountName: optionalText,
  accountType: Type.Enum([...accountTypes]),
  financialAddress: Type.Array(financialAddress),
});

/** A session's `data`; seed, sections "Result for Identity" to "Financial Address". */
export const bankDataSchema = Type.Object({
  bankName: text,
  bankId: text,
  identity: Type.Optional(
    Type.Object({
      name: text,
      dateOfBirth: Type.Optional(
        Type.String({ description: 'ISO date. Absent: no bank in scope gives it.' }),
      ),
      holders: Type.Optional(Type.Array(Type.Object({ name: text, role: optionalText }))),
    }),
  ),
  accounts: Type.Array(
    Type.Object({
      id: Type.String({ description: 'The same in every session of yours.' }),
      name: text,
      financialAddress: Type.Optional(financialAddress),
      accountType: Type.Enum([...accountTypes]),
      currency: text,
      status: Type.Optional(
        Type.Enum(['blocked'], {
          description:
            'The bank has blocked it: pay nothing there. Absent otherwise, also where a bank does not say.',
        }),
      ),
    }),
  ),
  balances: Type.Optional(Type.Array(balanceSchema)),
  transactions: Type.Optional(Type.Array(transactionSchema, { description: 'Newest first.' })),
  hasMoreTransactions: Type.Optional(
    Type.Boolean({ description: 'True: there are more, in `/data/transactions/list`.' }),
  ),
  missing: Type.Optional(
    Type.Array(
      Type.Object({
        permission: Type.Enum([...permissions]),
        accountId: optionalText,
        reason: Type.Enum([...missingReasons]),
      }),
      { description: 'What was asked for and could not be had.' },
    ),
  ),
});

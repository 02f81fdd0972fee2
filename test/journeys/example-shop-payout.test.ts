import { expect, test } from 'vitest';
import { type PayoutAccount, payoutAccounts } from '../../examples/merchant/payout-accounts.ts';
import type { Account, FinancialAddress } from '../../examples/merchant/trellis-client.ts';

function account(accountType: string, financialAddress?: FinancialAddress): Account {
  return { id: accountType, accountType, currency: 'EUR', ...(financialAddress && { financialAddress }) };
}

function targetsOf(accounts: readonly Account[], name?: string): PayoutAccount[] {
  return payoutAccounts({ bankName: 'Bank', accounts, ...(name !== undefined && { identity: { name } }) });
}

const iban = { type: 'iban', iban: { iban: 'DE89370400440532013000' } };

test('a deposit is paid to current and savings accounts that have a number, and to nothing else', () => {
  const targets = targetsOf([
    account('checking', iban),
    account('savings', { type: 'bban', bban: { bban: '5390 0754703' } }),
    account('checking', { type: 'bank_code', bankCode: { accountNumber: '31926819' } }),
    account('checking', { type: 'masked_pan' }),
    account('checking'),
    { ...account('checking', iban), status: 'blocked' },
    ...['credit', 'card', 'loan', 'investment', 'insurance', 'other', 'unknown'].map((type) =>
      account(type, iban),
    ),
  ]);
  expect(targets.map(({ number, isIban }) => [number, isIban])).toEqual([
    ['DE89370400440532013000', true],
    ['5390 0754703', false],
    ['31926819', false],
  ]);
});

test.each([
  ['Miriam Brandt', 'Miriam Brandt', 1],
  ['Miriam Brandt', 'BRANDT, MIRIAM', 1],
  ['Miriam Brandt', 'Frau Miriam Anna Brandt', 1],
  ['Miriam Anna Brandt', 'Miriam Brandt', 1],
  ['Jonas Brandt', 'Miriam und Jonas Brandt', 1],
  ['Jürgen Müller', 'Jurgen Muller', 1],
  ['Miriam Brandt', undefined, 1],
  [undefined, 'Miriam Brandt', 1],
  ['Miriam Brandt', 'Ella Brandt', 0],
  ['Miriam Brandt', 'Brandt Bau GmbH', 0],
])('%s and an account of %s', (name, accountHolderName, count) => {
  const addresses: FinancialAddress[] = [
    { type: 'iban', iban: { ...iban.iban, ...(accountHolderName !== undefined && { accountHolderName }) } },
    {
      type: 'bank_code',
      bankCode: { accountNumber: '1', ...(accountHolderName !== undefined && { accountHolderName }) },
    },
  ];
  const targets = targetsOf(
    addresses.map((address) => account('checking', address)),
    name,
  );
  expect(targets).toHaveLength(2 * count);
});

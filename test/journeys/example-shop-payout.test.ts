import { expect, test } from 'vitest';
import { payoutAccounts } from '../../examples/merchant/payout-accounts.ts';
import type { Account, FinancialAddress } from '../../examples/merchant/trellis-client.ts';

function account(accountType: string, financialAddress?: FinancialAddress): Account {
  return { id: accountType, accountType, currency: 'EUR', ...(financialAddress && { financialAddress }) };
}

const iban = { type: 'iban', iban: { iban: 'DE89370400440532013000' } };

test('a deposit is paid to current and savings accounts that have a number, and to nothing else', () => {
  const targets = payoutAccounts([
    account('checking', iban),
    account('savings', { type: 'bban', bban: { bban: '5390 0754703' } }),
    account('checking', { type: 'bank_code', bankCode: { accountNumber: '31926819' } }),
    account('checking', { type: 'masked_pan' }),
    account('checking'),
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

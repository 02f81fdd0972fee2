import { expect, test } from 'vitest';
import { budgetInWords, readsOfRefresh } from './session-consent.ts';

const resetsAt = new Date('2027-03-02T00:00:00Z');

test('a refresh reads the list, and of each account what is permitted', () => {
  expect(readsOfRefresh(['identity', 'balances', 'transactions'], ['acc_1', 'acc_2'])).toEqual([
    { read: 'accounts' },
    { read: 'balances', account: 'acc_1' },
    { read: 'transactions', account: 'acc_1' },
    { read: 'balances', account: 'acc_2' },
    { read: 'transactions', account: 'acc_2' },
  ]);
  expect(readsOfRefresh(['identity'], ['acc_1'])).toEqual([{ read: 'accounts' }]);
});

test('of the details of accounts only the least is told, under no id', () => {
  const day = { limit: 4, resetsAt };
  expect(
    budgetInWords([
      { read: 'account', accountId: 'digest-1', remaining: 3, ...day },
      { read: 'account', accountId: 'digest-2', remaining: 2, ...day },
      { read: 'balances', accountId: 'acc_1', remaining: 1, ...day },
    ]),
  ).toEqual([
    { read: 'balances', accountId: 'acc_1', remaining: 1, ...day },
    { read: 'account', remaining: 2, ...day },
  ]);
});

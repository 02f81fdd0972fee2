import { describe, expect, test } from 'vitest';
import type { AccountData } from './account.ts';
import { firstDayOf, readAgainFrom } from './read-again.ts';

const accounts = ['acc_1', 'acc_2'].map(
  (id): AccountData => ({ id, name: id, accountType: 'checking', currency: 'EUR' }),
);
const fetchedAt = new Date('2027-03-20T10:00:00Z');

describe('a later fetch reads again', () => {
  test('the ten days before the last one, in which banks book late', () => {
    expect(readAgainFrom({ accounts }, fetchedAt, undefined).from).toBe('2027-03-10');
    expect(readAgainFrom({ accounts }, fetchedAt, new Date('2027-03-19')).from).toBe('2027-03-10');
  });

  test('more where a transaction is pending still, or it would seem to be taken back', () => {
    expect(readAgainFrom({ accounts }, fetchedAt, new Date('2027-03-05T12:00:00Z')).from).toBe('2027-03-02');
  });

  test('everything of accounts that are new, or could not be read before', () => {
    const missing = [{ permission: 'transactions', accountId: 'acc_2', reason: 'bank_unavailable' } as const];
    const again = readAgainFrom({ accounts, missing }, fetchedAt, undefined);
    const request = { transactionsFrom: '2026-12-20', again };
    expect(firstDayOf(request, 'acc_1')).toBe('2027-03-10');
    expect(firstDayOf(request, 'acc_2')).toBe('2026-12-20');
    expect(firstDayOf(request, 'acc_3')).toBe('2026-12-20');
  });

  test('nothing before the first day that the merchant asked for', () => {
    const again = readAgainFrom({ accounts }, fetchedAt, undefined);
    expect(firstDayOf({ transactionsFrom: '2027-03-15', again }, 'acc_1')).toBe('2027-03-15');
    expect(firstDayOf({ transactionsFrom: '2027-01-01' }, 'acc_1')).toBe('2027-01-01');
  });
});

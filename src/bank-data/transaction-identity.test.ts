import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BankTransaction } from '../banking/transaction.ts';
import { TransactionIds } from './transaction-identity.ts';

const secret = Buffer.alloc(32, 7);

function booked(more: Partial<BankTransaction> = {}): BankTransaction {
  return {
    status: 'booked',
    amount: '2.80',
    currency: 'EUR',
    direction: 'debit',
    bookingDate: '2027-03-01',
    counterpartyName: 'Café Nord',
    raw: {},
    ...more,
  };
}

function idsOf(rows: readonly BankTransaction[], account = 'acc_1', key = secret): string[] {
  const ids = new TransactionIds(key, account);
  return rows.flatMap((row) => ids.next(row) ?? []);
}

const someRow = fc.record({
  amount: fc.constantFrom('2.80', '2.8', '5.00'),
  direction: fc.constantFrom('credit', 'debit'),
  bookingDate: fc.constantFrom('2027-03-01', '2027-03-02'),
  counterpartyName: fc.constantFrom('Café Nord', 'Bäcker'),
  status: fc.constantFrom('booked', 'pending'),
});

describe('ids of transactions', () => {
  it('do not hang on the order of the rows, on the bank’s names for them, or on rows sent twice', () => {
    const report = fc
      .array(someRow, { maxLength: 12 })
      .map((rows) => rows.map((row, index) => ({ ...row, reference: `first-${index}` })));
    fc.assert(
      fc.property(
        report.chain((rows) =>
          fc.tuple(
            fc.constant(rows),
            fc.shuffledSubarray(rows, { minLength: rows.length }),
            fc.subarray(rows),
          ),
        ),
        ([rows, shuffled, repeated]) => {
          const renamed = [...shuffled, ...repeated].map((row) => ({
            ...row,
            reference: `other-${row.reference}`,
          }));
          const before = idsOf(rows.map((row) => booked(row)));
          const after = idsOf(renamed.map((row) => booked(row)));
          expect(new Set(before).size).toBe(rows.length);
          expect(after.toSorted()).toEqual(before.toSorted());
        },
      ),
    );
  });

  it('true twins stay two where the bank names nothing', () => {
    const ids = idsOf([booked(), booked(), booked()]);
    expect(new Set(ids).size).toBe(3);
    expect(idsOf([booked(), booked()])).toEqual(ids.slice(0, 2));
  });

  it.each<[string, Partial<BankTransaction>]>([
    ['amount', { amount: '2.81' }],
    ['currency', { currency: 'SEK' }],
    ['direction', { direction: 'credit' }],
    ['booking date', { bookingDate: '2027-03-02' }],
    ['value date', { valueDate: '2027-03-02' }],
    ['counterparty', { counterpartyName: 'Café Süd' }],
    ['counterparty’s account', { counterpartyAccount: { type: 'iban', iban: 'DE1' } }],
    ['text', { description: 'again' }],
    ['status', { status: 'pending' }],
  ])('another %s is another transaction', (_what, change) => {
    expect(idsOf([booked(change)])).not.toEqual(idsOf([booked()]));
  });

  it.each<[string, Partial<BankTransaction>]>([
    ['places', { amount: '2.8' }],
    ['spacing', { counterpartyName: ' Café\u00a0 Nord\n' }],
    ['composition of letters', { counterpartyName: 'Cafe\u0301 Nord' }],
    ['the bank’s name for it', { reference: 'x' }],
    ['other fields', { bankTransactionCode: 'PMNT' }],
  ])('other %s are not', (_what, change) => {
    expect(idsOf([booked(change)])).toEqual(idsOf([booked()]));
  });

  it('a name that the bank keeps for ever is enough', () => {
    const first = booked({ stableReference: 'E1' });
    expect(idsOf([first, first])).toHaveLength(1);
    expect(idsOf([{ ...first, description: 'changed' }])).toEqual(idsOf([first]));
    expect(idsOf([booked({ stableReference: 'E2' })])).not.toEqual(idsOf([first]));
  });

  it('are each merchant’s and each account’s own', () => {
    expect(idsOf([booked()], 'acc_2')).not.toEqual(idsOf([booked()]));
    expect(idsOf([booked()], 'acc_1', Buffer.alloc(32, 8))).not.toEqual(idsOf([booked()]));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Matchable, matchPending, matchWindowDays } from './pending-match.ts';

function row(id: string, more: Partial<Matchable> = {}): Matchable {
  return {
    id,
    at: new Date('2027-03-01T00:00:00Z'),
    amount: '12.50',
    currency: 'EUR',
    type: 'debit',
    counterpartyName: 'Frischmarkt Am Ring',
    ...more,
  };
}

const days = (count: number) => new Date(Date.parse('2027-03-01T00:00:00Z') + count * 86_400_000);
const pairs = (pending: Matchable[], booked: Matchable[]) => [...matchPending(pending, booked)];

describe('a booked transaction is what was pending', () => {
  it.each<[string, Partial<Matchable>]>([
    ['the next day', { at: days(1) }],
    ['at the end of the window', { at: days(matchWindowDays) }],
    ['dated two days back', { at: days(-2) }],
    ['with other capitals and spaces', { counterpartyName: 'FRISCHMARKT  AM RING' }],
    ['with the name at length', { counterpartyName: 'Frischmarkt am Ring GmbH & Co. KG' }],
    [
      'with the name in its text',
      { counterpartyName: undefined, description: 'VISA Frischmarkt Am Ring 1.3.' },
    ],
    ['with other places', { amount: '12.5' }],
  ])('%s', (_when, change) => {
    expect(pairs([row('p')], [row('b', change)])).toEqual([['b', 'p']]);
  });

  it.each<[string, Partial<Matchable>]>([
    ['another amount', { amount: '12.51' }],
    ['another currency', { currency: 'SEK' }],
    ['another direction', { type: 'credit' }],
    ['after the window', { at: days(matchWindowDays + 1) }],
    ['long before', { at: days(-3) }],
    ['another counterparty', { counterpartyName: 'Buchladen' }],
    ['nobody named', { counterpartyName: undefined }],
    ['a name of three letters within another', { counterpartyName: 'Am ' }],
  ])('not with %s', (_what, change) => {
    expect(pairs([row('p')], [row('b', change)])).toEqual([]);
  });

  it('the nearest in time, and each once', () => {
    const pending = [row('p1', { at: days(0) }), row('p2', { at: days(3) })];
    const booked = [row('b1', { at: days(1) }), row('b2', { at: days(4) }), row('b3', { at: days(9) })];
    expect(new Map(pairs(pending, booked))).toEqual(
      new Map([
        ['b1', 'p1'],
        ['b2', 'p2'],
      ]),
    );
  });

  it('the same whatever the order', () => {
    const pending = ['p1', 'p2', 'p3'].map((id, index) => row(id, { at: days(index % 2) }));
    const booked = ['b1', 'b2', 'b3', 'b4'].map((id, index) => row(id, { at: days(index % 3) }));
    const expected = new Map(pairs(pending, booked));
    const shuffled = (rows: Matchable[]) => fc.shuffledSubarray(rows, { minLength: rows.length });
    fc.assert(
      fc.property(shuffled(pending), shuffled(booked), (some, others) => {
        expect(new Map(pairs(some, others))).toEqual(expected);
        expect(new Set(expected.values()).size).toBe(3);
      }),
    );
  });
});

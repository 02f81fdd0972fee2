import { describe, expect, it } from 'vitest';
import type { BalanceType, BankBalance } from '../banking/balance.ts';
import { toBalanceData } from './balance.ts';

const fetchedAt = new Date('2027-03-04T10:00:00Z');

function balance(type: BalanceType, amount: string, more: Partial<BankBalance> = {}): BankBalance {
  return { type, amount, currency: 'EUR', raw: {}, ...more };
}

describe('current and available', () => {
  it.each<[BalanceType[], string, string]>([
    [['closingBooked', 'interimBooked', 'openingBooked'], 'interimBooked', 'interimBooked'],
    [['openingBooked', 'closingBooked'], 'closingBooked', 'closingBooked'],
    [['previouslyClosedBooked', 'openingBooked'], 'openingBooked', 'openingBooked'],
    [
      ['interimBooked', 'expected', 'forwardAvailable', 'interimAvailable'],
      'interimBooked',
      'interimAvailable',
    ],
    [['closingBooked', 'expected', 'forwardAvailable'], 'closingBooked', 'forwardAvailable'],
    [['closingBooked', 'authorised', 'expected'], 'closingBooked', 'expected'],
    [['closingBooked', 'authorised'], 'closingBooked', 'authorised'],
    [['closingBooked', 'forwardAvailable', 'closingAvailable'], 'closingBooked', 'closingAvailable'],
    [['closingBooked', 'expected', 'openingAvailable'], 'closingBooked', 'openingAvailable'],
    [['previouslyClosedBooked', 'interimAvailable'], 'previouslyClosedBooked', 'interimAvailable'],
    [['interimAvailable'], 'interimAvailable', 'interimAvailable'],
  ])('of %j are %s and %s', (types, current, available) => {
    const amounts = new Map(types.map((type, index) => [type, `${index + 1}.00`]));
    const [data] = toBalanceData(
      'acc_1',
      types.map((type) => balance(type, amounts.get(type) ?? '')),
      false,
      fetchedAt,
    );
    expect(data).toMatchObject({
      accountId: 'acc_1',
      currency: 'EUR',
      current: amounts.get(current as BalanceType),
      available: amounts.get(available as BalanceType),
    });
  });

  it('repeat each other where the bank sent one, and say so', () => {
    const [booked] = toBalanceData('a', [balance('interimBooked', '-12.50')], false, fetchedAt);
    expect(booked).toMatchObject({ current: '-12.50', available: '-12.50', derived: ['available'] });
    const [free] = toBalanceData('a', [balance('expected', '7.00')], false, fetchedAt);
    expect(free).toMatchObject({ current: '7.00', available: '7.00', derived: ['current'] });
    const both = [balance('interimBooked', '1'), balance('expected', '2')];
    expect(toBalanceData('a', both, false, fetchedAt)[0]).not.toHaveProperty('derived');
  });

  it('are of the newest day where the bank sent several of one type', () => {
    const rows = [
      balance('closingBooked', '1.00', { referenceDate: '2027-03-01' }),
      balance('closingBooked', '3.00', { referenceDate: '2027-03-03' }),
      balance('closingBooked', '2.00', { referenceDate: '2027-03-02' }),
    ];
    expect(toBalanceData('a', rows, false, fetchedAt)[0]).toMatchObject({
      current: '3.00',
      timestamp: '2027-03-03T00:00:00.000Z',
    });
  });
});

it('what is not billed yet is a balance of a card only', () => {
  const rows = [balance('nonInvoiced', '-80.00')];
  expect(toBalanceData('a', rows, true, fetchedAt)[0]).toMatchObject({ current: '-80.00' });
  expect(toBalanceData('a', rows, false, fetchedAt)).toEqual([]);
});

it('no row where nothing is said, and one for each currency', () => {
  expect(toBalanceData('a', [], false, fetchedAt)).toEqual([]);
  expect(toBalanceData('a', [balance('other', '5')], false, fetchedAt)).toEqual([]);
  const rows = [balance('interimBooked', '1'), balance('interimBooked', '2', { currency: 'USD' })];
  expect(toBalanceData('a', rows, false, fetchedAt).map((row) => [row.currency, row.current])).toEqual([
    ['EUR', '1'],
    ['USD', '2'],
  ]);
});

it('keeps what the bank sent, and the moment that it told', () => {
  const changedAt = new Date('2027-03-04T08:15:00Z');
  const row = balance('interimAvailable', '900.00', {
    includesCreditLine: true,
    changedAt,
    referenceDate: '2027-03-04',
  });
  const [data] = toBalanceData('a', [row], false, fetchedAt);
  expect(data?.timestamp).toBe(changedAt.toISOString());
  expect(data?.types).toEqual([
    { type: 'interimAvailable', amount: '900.00', includesCreditLine: true, referenceDate: '2027-03-04' },
  ]);
  const [undated] = toBalanceData('a', [balance('interimBooked', '1')], false, fetchedAt);
  expect(undated?.timestamp).toBe(fetchedAt.toISOString());
});

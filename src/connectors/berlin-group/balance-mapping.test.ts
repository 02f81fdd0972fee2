import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BankFailure } from '../../banking/failure.ts';
import { balanceOf, balanceTypeOf } from './balance-mapping.ts';

const rules = { timeZone: 'Europe/Berlin', debitsPositive: false };

function read(row: object, more: object = {}) {
  return balanceOf({ balanceType: 'interimBooked', ...row }, { ...rules, ...more }, 'read balances');
}

function money(amount: unknown, currency: unknown = 'EUR') {
  return { balanceAmount: { amount, currency } };
}

describe('balance type', () => {
  it.each([
    ['closingBooked', 'closingBooked CLBD'],
    ['expected', 'expected XPCD'],
    ['openingBooked', 'openingBooked OPBD'],
    ['previouslyClosedBooked', 'previouslyClosedBooked PRCD'],
    ['interimBooked', 'interimBooked ITBD'],
    ['interimAvailable', 'interimAvailable ITAV'],
    ['closingAvailable', 'closingAvailable CLAV'],
    ['openingAvailable', 'openingAvailable OPAV'],
    ['forwardAvailable', 'forwardAvailable FWAV'],
    ['authorised', 'authorised authorized'],
    ['nonInvoiced', 'nonInvoiced'],
    ['information', 'information INFO'],
    ['other', 'other OTHR VALU somethingNew constructor __proto__'],
  ])('%s for %s', (type, words) => {
    for (const word of words.split(' ')) {
      expect(balanceTypeOf(word)).toBe(type);
      expect(balanceTypeOf(` ${word.toUpperCase()} `)).toBe(type);
    }
  });

  it('is other where the bank sends none', () => {
    expect(balanceTypeOf(undefined)).toBe('other');
    expect(read({ ...money('1'), balanceType: 7 }).type).toBe('other');
  });
});

describe('a balance', () => {
  it('is what the bank sent', () => {
    const sent = {
      balanceAmount: { amount: '-12.50', currency: 'eur' },
      balanceType: 'interimAvailable',
      creditLimitIncluded: 'true',
      referenceDate: '2026-05-04',
      lastChangeDateTime: '2026-05-04T10:15:00',
      lastCommittedTransaction: '4711',
      somethingNew: {},
    };
    expect(read(sent)).toEqual({
      type: 'interimAvailable',
      amount: '-12.50',
      currency: 'EUR',
      includesCreditLine: true,
      referenceDate: '2026-05-04',
      changedAt: new Date('2026-05-04T08:15:00Z'),
      raw: sent,
    });
  });

  it('says no more than the bank does', () => {
    expect(Object.keys(read(money('0'))).sort()).toEqual(['amount', 'currency', 'raw', 'type']);
    const vague = {
      creditLimitIncluded: 'maybe',
      referenceDate: '4.5.2026',
      lastChangeDateTime: '2026-05-04',
    };
    expect(Object.keys(read({ ...money('0'), ...vague })).sort()).toEqual([
      'amount',
      'currency',
      'raw',
      'type',
    ]);
  });

  it.each([
    [true, true],
    [false, false],
    ['false', false],
    ['TRUE', true],
  ])('with creditLimitIncluded %j', (creditLimitIncluded, expected) => {
    expect(read({ ...money('1'), creditLimitIncluded }).includesCreditLine).toBe(expected);
  });

  it('of the oldest banks has its number as content', () => {
    expect(read({ balanceAmount: { content: '7.10', currency: 'EUR' } }).amount).toBe('7.10');
  });

  it('of a card that quotes debits without a minus is turned round, except for what is left to spend', () => {
    const card = { debitsPositive: true };
    expect(read(money('250.00'), card).amount).toBe('-250.00');
    expect(read(money('-3.00'), card).amount).toBe('3.00');
    expect(read(money('0.00'), card).amount).toBe('0.00');
    expect(read({ ...money('250.00'), balanceType: 'interimAvailable' }, card).amount).toBe('250.00');
  });

  it.each([
    [{}, 'amount'],
    [{ balanceAmount: null }, 'amount'],
    [{ balanceAmount: '12.50' }, 'amount'],
    [money('1,00'), 'amount'],
    [money('secret'), 'amount'],
    [money(null), 'amount'],
    [money('1', 'EURO'), 'currency'],
    [money('1', undefined), 'currency'],
  ])('without a readable part fails: %j', (row, part) => {
    const failing = () => read(part === 'currency' ? { balanceAmount: { amount: '1', currency: '€' } } : row);
    expect(failing).toThrow(new BankFailure('bank-refused', `read balances: a row has no readable ${part}`));
  });

  it('never changes a digit', () => {
    const places = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), places, (units, scale) => {
        const text = decimalText(units, scale);
        expect(read(money(text)).amount).toBe(text);
      }),
    );
  });
});

function decimalText(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
  return `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${fraction}`;
}

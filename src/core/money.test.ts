import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAmount, decimalOf, signedText, unitsOf } from './money.ts';

describe('decimal text', () => {
  it.each([
    ['100.10', '100.10', false],
    ['-0.001', '0.001', true],
    ['+5', '5', false],
    ['-0.00', '0.00', false],
    ['007.50', '7.50', false],
    ['0', '0', false],
    ['000', '0', false],
    ['999999999999999999.99', '999999999999999999.99', false],
    [12.5, '12.5', false],
    [-3, '3', true],
  ])('%s is %s', (sent, amount, negative) => {
    expect(decimalOf(sent)).toEqual({ amount, negative });
  });

  it.each([
    '',
    '1,00',
    '1e5',
    '.5',
    '5.',
    '1 000',
    '--1',
    'NaN',
    '0x10',
    '٣',
    '1'.repeat(30),
    null,
    {},
    Number.NaN,
    1e21,
  ])('%s is no amount', (sent) => {
    expect(decimalOf(sent)).toBeUndefined();
  });

  it('keeps every digit', () => {
    const places = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), places, (units, scale) => {
        const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
        const whole = digits.slice(0, digits.length - scale);
        const text = `${units < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
        const read = decimalOf(text);
        expect(read && signedText(read)).toBe(text);
        expect(read && BigInt(read.amount.replace('.', ''))).toBe(units < 0n ? -units : units);
      }),
    );
  });

  it('adds up exactly, however many places', () => {
    const units = ['0.1', '0.2', '-0.3000000001', '999999999999999999.99'].map((text) => {
      const decimal = decimalOf(text);
      return decimal && unitsOf(decimal);
    });
    expect(units).toEqual([
      1_000_000_000n,
      2_000_000_000n,
      -3_000_000_001n,
      9_999_999_999_999_999_999_900_000_000n,
    ]);
  });

  it('compares by value, not by places', () => {
    expect(['12.50', '12.5', '12', '12.00', '100', '0.0'].map(canonicalAmount)).toEqual([
      '12.5',
      '12.5',
      '12',
      '12',
      '100',
      '0',
    ]);
  });
});

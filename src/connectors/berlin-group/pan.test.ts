import { describe, expect, it } from 'vitest';
import { maskedPanIn, withoutPans } from './pan.ts';

const pan = '5409050000001234';
const hidden = '540905******1234';

describe('a card number', () => {
  it.each([
    [{ pan }, hidden],
    [{ maskedPan: '540905xxxxxx1234', pan }, '540905xxxxxx1234'],
    [{ maskedPAN: '540905xxxxxx1234' }, '540905xxxxxx1234'],
    [{ maskedPan: pan }, hidden],
    [{ maskedPan: '5409 0500 0000 1234' }, '5409 0*********1234'],
    [{ maskedPan: '1234' }, '1234'],
    [{}, undefined],
  ])('of %j is known as %s', (reference, expected) => {
    expect(maskedPanIn(reference)).toBe(expected);
  });

  it('is hidden wherever it stands', () => {
    const sent = {
      name: 'x',
      pan,
      nested: [{ deeper: { PAN: pan, maskedPan: pan } }, pan.length, null, { maskedPan: 'xxxx1234' }],
      number: { pan: 5409050000001 },
    };
    expect(withoutPans(sent)).toEqual({
      name: 'x',
      pan: hidden,
      nested: [{ deeper: { PAN: hidden, maskedPan: hidden } }, 16, null, { maskedPan: 'xxxx1234' }],
      number: { pan: '540905***0001' },
    });
    expect(sent.pan).toBe(pan);
  });

  it('costs nothing where there is none', () => {
    const sent = { iban: 'DE1', list: [{ a: 1 }], span: { odd: true } };
    expect(withoutPans(sent)).toBe(sent);
  });
});

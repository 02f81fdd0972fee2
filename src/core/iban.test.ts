import { expect, test } from 'vitest';
import { ibanIn } from './iban.ts';

test.each([
  ['GB82 WEST 1234 5698 7654 32', 'GB82WEST12345698765432'],
  ['de89370400440532013000', 'DE89370400440532013000'],
  [' AT61-1904-3002-3457-3201 ', 'AT611904300234573201'],
  ['NO9386011117947', 'NO9386011117947'],
  ['LC14BOSL123456789012345678901234', 'LC14BOSL123456789012345678901234'],
])('%s is an IBAN', (typed, iban) => {
  expect(ibanIn(typed)).toBe(iban);
});

test.each([
  ['a digit is wrong', 'DE89370400440532013001'],
  ['two are swapped', 'DE89370400440523013000'],
  ['it is cut short', 'DE8937040044053201300'],
  ['it is an account number', '0532013000'],
  ['it is a card number', '5254120000001234'],
  ['nothing', ''],
  ['letters of another alphabet', 'DЕ89370400440532013000'],
  ['far too long', `DE89${'0'.repeat(1_000)}`],
])('is none: %s', (_what, typed) => {
  expect(ibanIn(typed)).toBeUndefined();
});

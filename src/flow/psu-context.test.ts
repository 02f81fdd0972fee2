import fc from 'fast-check';
import { expect, test } from 'vitest';
import { psuContextOf } from './psu-context.ts';

test('an address of IPv4 is written as one, whatever socket it came by', () => {
  expect(psuContextOf({ ip: '::ffff:192.0.2.7' })).toEqual({ ipAddress: '192.0.2.7' });
  expect(psuContextOf({ ip: '2001:db8::1' })).toEqual({ ipAddress: '2001:db8::1' });
});

test('the language in which he reads our pages goes before those of his browser', () => {
  const acceptLanguage = 'en-GB,en;q=0.5';
  expect(psuContextOf({ ip: '192.0.2.7', acceptLanguage })).toMatchObject({ acceptLanguage });
  const told = psuContextOf({ ip: '192.0.2.7', acceptLanguage, language: 'de' });
  expect(told.acceptLanguage).toBe('de, en-GB,en;q=0.5');
  expect(psuContextOf({ ip: '192.0.2.7', language: 'de' }).acceptLanguage).toBe('de');
});

test('whatever a browser says of itself fits into a header of ours', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
      const psu = psuContextOf({ ip: '192.0.2.7', userAgent: text, acceptLanguage: text });
      for (const said of [psu.userAgent, psu.acceptLanguage]) {
        expect(said === undefined || /^[\x20-\x7e]{1,512}$/.test(said)).toBe(true);
      }
    }),
  );
});

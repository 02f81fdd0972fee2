import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomBytes } from '../../core/ids.ts';
import { Secret } from '../../core/secret.ts';
import { SealBroken, type SealedPlace } from './cipher.ts';
import { Vault } from './vault.ts';

const newKey = () => new Secret(randomBytes(32).toString('base64'));
const place: SealedPlace = { table: 't', merchantId: 'm', rowId: 'r', column: 'c' };

test('what is sealed opens again, and only in its place', () => {
  const vault = new Vault([newKey()]);
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.record({ table: fc.string(), merchantId: fc.string(), rowId: fc.string(), column: fc.string() }),
      (text, other) => {
        const sealed = vault.sealJson(place, text);
        expect(vault.openJson(place, sealed)).toBe(JSON.parse(JSON.stringify(text)));
        expect(() => vault.open(other, sealed)).toThrow(SealBroken);
      },
    ),
  );
});

test('a single changed bit anywhere is noticed', () => {
  const vault = new Vault([newKey()]);
  const sealed = vault.seal(place, 'Ada Lindqvist');
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => vault.open(place, changed)).toThrow(SealBroken);
  }
});

test('after a rotation the old key still opens; without it the error names the key, not the data', () => {
  const [oldKey, newerKey] = [newKey(), newKey()];
  const sealed = new Vault([oldKey]).seal(place, 'data');
  expect(new Vault([newerKey, oldKey]).open(place, sealed).toString()).toBe('data');
  expect(() => new Vault([newerKey]).open(place, sealed)).toThrow(
    /master key [0-9a-f]{16}, which is not configured/,
  );
});

test('a key of another length is refused', () => {
  expect(() => new Vault([new Secret('c2hvcnQ=')])).toThrow('32 bytes');
});

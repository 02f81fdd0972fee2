import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { encryptFor } from './jwe.ts';

let keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
beforeAll(() => {
  keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
});

const encrypt = (text: string) => encryptFor(keys.publicKey, text, { x5u: 'https://bank.example/cert.pem' });

/** By Web Cryptography, which shares no call with what wrote it. */
async function decrypt(jwe: string): Promise<string> {
  const [header = '', key = '', vector = '', text = '', tag = ''] = jwe.split('.');
  const bytes = (part: string) => new Uint8Array(Buffer.from(part, 'base64url'));
  const pkcs8 = keys.privateKey.export({ type: 'pkcs8', format: 'der' });
  const rsa = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const ours = await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), rsa, false, ['decrypt']);
  const raw = await crypto.subtle.decrypt('RSA-OAEP', ours, bytes(key));
  const content = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
  const additionalData = new TextEncoder().encode(header);
  const algorithm = { name: 'AES-GCM', iv: bytes(vector), additionalData };
  const sealed = new Uint8Array([...bytes(text), ...bytes(tag)]);
  return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, content, sealed));
}

test.each(['pass word', 'Pässwort€😀', '', 'x'.repeat(500)])('is read by its owner: %s', async (text) => {
  expect(await decrypt(encrypt(text))).toBe(text);
});

test('says how it is encrypted, and for whom', () => {
  const parts = encrypt('secret').split('.');
  expect(JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())).toEqual({
    alg: 'RSA-OAEP-256',
    enc: 'A256GCM',
    x5u: 'https://bank.example/cert.pem',
  });
  expect(parts.slice(1).map((part) => Buffer.from(part, 'base64url').length)).toEqual([256, 12, 6, 16]);
  expect(encrypt('secret')).toMatch(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$/);
});

test('the same text never looks the same', () => {
  const [one, other] = [encrypt('secret').split('.'), encrypt('secret').split('.')];
  for (const place of [1, 2, 3, 4]) expect(one[place]).not.toBe(other[place]);
});

test('a header or text that was changed is noticed', async () => {
  const [header = '', key, vector, text = '', tag] = encrypt('secret').split('.');
  const other = Buffer.from('{"alg":"RSA-OAEP-256","enc":"A256GCM"}').toString('base64url');
  await expect(decrypt([other, key, vector, text, tag].join('.'))).rejects.toThrow();
  const flipped = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
  await expect(decrypt([header, key, vector, flipped, tag].join('.'))).rejects.toThrow();
});

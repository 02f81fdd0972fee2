import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HmacSha256 } from './hmac.ts';

/** RFC 4231 sections 4.2, 4.3 and 4.7: a usual key, one shorter than a digest, one longer than a block. */
const vectors = [
  ['0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    '4a656665',
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    'aa'.repeat(131),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
] as const;

it.each(vectors)('is HMAC-SHA-256 (RFC 4231): key %s', (key, text, digest) => {
  const hmac = new HmacSha256(Buffer.from(key, 'hex'));
  expect(Buffer.from(hmac.digest(text), 'base64url').toString('hex')).toBe(digest);
});

it('gives what Node gives, whatever was digested before', () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 3_000 }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), texts, (key, all) => {
      const hmac = new HmacSha256(Buffer.from(key));
      for (const text of all)
        expect(hmac.digest(text)).toBe(createHmac('sha256', key).update(text, 'utf8').digest('base64url'));
    }),
  );
});

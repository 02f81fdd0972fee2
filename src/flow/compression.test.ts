import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptedEncoding, compress } from './compression.ts';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br; q=0.0, gzip ;q=0.000', undefined],
  ['br;q=0.5', 'br'],
  ['xbr, gzipped', undefined],
  [`${'x,'.repeat(100)}br`, undefined],
])('Accept-Encoding %j allows %s', (header, encoding) => {
  expect(acceptedEncoding(header)).toBe(encoding);
});

test('what is compressed comes back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      expect(brotliDecompressSync(await compress(text, 'br', 'page')).toString()).toBe(text);
      expect(gunzipSync(await compress(text, 'gzip', 'file')).toString()).toBe(text);
    }),
    { numRuns: 20 },
  );
});

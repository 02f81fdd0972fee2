import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalUrl } from './subscription.ts';

test.each([
  ['HTTPS://Shop.Example:443', 'https://shop.example/'],
  ['https://shop.example/Hook?A=b', 'https://shop.example/Hook?A=b'],
  ['https://shop.example/hook#', 'https://shop.example/hook'],
  ['https://shop.example/hook?#top#', 'https://shop.example/hook?'],
])('%s is written %s', (url, normal) => expect(normalUrl(url)).toBe(normal));

test('what is normal stays as it is', () => {
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
      expect(normalUrl(normalUrl(url))).toBe(normalUrl(url));
      expect(normalUrl(url)).not.toContain('#');
    }),
  );
});

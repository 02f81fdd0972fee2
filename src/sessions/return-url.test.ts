import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { returnAddress, returnUrlProblem } from './return-url.ts';
import type { Session } from './session.ts';

const open = { permissions: [], returnOrigins: [], appSchemes: [] };

describe('which return URLs are accepted', () => {
  test.each([
    'https://example.com/callback/result',
    'https://example.com:8443/a?b=c#d',
    'http://localhost:3002/return',
    'http://127.0.0.1/x',
    'http://[::1]:9/x',
    'com.example.app://done',
    'com.example.app:done',
    'https://xn--bcher-kva.example/ü',
  ])('%s', (url) => expect(returnUrlProblem(url, open)).toBeUndefined());

  test.each([
    '',
    'example.com/callback',
    '/relative',
    '//host/path',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://a.b/c',
    'myapp://done',
    'http://example.com/',
    'http://127.0.0.1.example.com/',
    'https://user@example.com/',
    'https://user:pw@example.com/',
    'https://@example.com/',
    'https:\\\\example.com',
    'https://example.com\\@evil.example/',
    'https:example.com',
    'https:///example.com',
    'https://example.com/\r\nSet-Cookie: a=b',
    'https://exa\tmple.com/',
    ' https://example.com/',
    'https://example.com/\u0000',
    'https://example.com:0/',
    'https://example.com:99999/',
    'https://аррӏе.com/',
    `https://example.com/${'a'.repeat(2_048)}`,
  ])('refused: %j', (url) => expect(returnUrlProblem(url, open)).toBeTypeOf('string'));

  test('a registered scheme, and registered origins', () => {
    expect(returnUrlProblem('myapp://done', { ...open, appSchemes: ['myapp'] })).toBeUndefined();
    const listed = { ...open, returnOrigins: ['https://shop.example'] };
    expect(returnUrlProblem('https://shop.example/x', listed)).toBeUndefined();
    expect(returnUrlProblem('https://shop.example.evil.example/x', listed)).toBeTypeOf('string');
  });
});

describe('where the user is sent back to', () => {
  const session = (returnUrl: string, errorUrl?: string) =>
    ({ id: 'the-id', referenceId: 'a&b=c#d é', returnUrl, ...(errorUrl && { errorUrl }) }) as Session;
  const success = 'referenceId=a%26b%3Dc%23d%20%C3%A9&data-session-id=the-id&success=true';

  test.each([
    ['https://x.example', `https://x.example?${success}`],
    ['https://x.example/p?q=%20+&flag', `https://x.example/p?q=%20+&flag&${success}`],
    ['https://x.example/p#frag?not=query', `https://x.example/p?${success}#frag?not=query`],
    ['https://x.example/?success=false&a=1&reason=x', `https://x.example/?a=1&${success}`],
    ['https://x.example/?data%2Dsession-id=forged', `https://x.example/?${success}`],
    ['com.example.app://done', `com.example.app://done?${success}`],
  ])('%s', (given, expected) => expect(returnAddress(session(given), { success: true })).toBe(expected));

  test('a failure says why, and goes to the error URL where there is one', () => {
    const address = returnAddress(session('https://x.example/ok', 'https://x.example/no'), {
      success: false,
      reason: 'cancelled',
    });
    expect(address).toMatch(/^https:\/\/x\.example\/no\?.*&success=false&reason=cancelled$/);
  });

  test('whatever the reference and the URL, the parameters come out as they went in, once', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        (referenceId, url) => {
          const address = new URL(
            returnAddress({ ...session(url), referenceId } as Session, { success: true }),
          );
          expect(address.searchParams.getAll('referenceId')).toEqual([referenceId.toWellFormed()]);
          expect(address.searchParams.getAll('success')).toEqual(['true']);
          expect(address.origin).toBe(new URL(url).origin);
          expect(address.hash).toBe(new URL(url).hash);
        },
      ),
    );
  });
});

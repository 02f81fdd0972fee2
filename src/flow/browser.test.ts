import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { browserFrom, comesFromOurs, csrfToken, matchesCsrf, newBrowser } from './browser.ts';

const key = { merchantId: 'shop', id: '01890a5d-ac96-774b-bcce-b302099a8057' };

describe('the cookie', () => {
  test('names the same browser again', () => {
    const browser = newBrowser();
    expect(browserFrom(browser.secret)?.hash).toEqual(browser.hash);
    expect(newBrowser().secret).not.toBe(browser.secret);
  });

  test('that we did not make is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => browserFrom(text) === undefined || /^[\w-]{43}$/.test(text)),
    );
    expect(browserFrom(undefined)).toBeUndefined();
    expect(browserFrom(`${newBrowser().secret}=`)).toBeUndefined();
  });
});

describe('the form’s token', () => {
  test('differs on every page and is good for its browser and session only', () => {
    const [one, other] = [newBrowser(), newBrowser()];
    const token = csrfToken(one, key);
    expect(csrfToken(one, key)).not.toBe(token);
    expect(matchesCsrf(one, key, token)).toBe(true);
    expect(matchesCsrf(other, key, token)).toBe(false);
    expect(matchesCsrf(one, { ...key, merchantId: 'rival' }, token)).toBe(false);
    expect(matchesCsrf(one, { ...key, id: key.id.replace('0', '1') }, token)).toBe(false);
  });

  test('with any byte changed is no token', () => {
    const browser = newBrowser();
    const bytes = Buffer.from(csrfToken(browser, key), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ change;
        return !matchesCsrf(browser, key, changed.toString('base64url'));
      }),
    );
  });

  test('of any other text is no token', () => {
    const browser = newBrowser();
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !matchesCsrf(browser, key, text)));
  });
});

test.each([
  [{ secFetchSite: 'same-origin' }, true],
  [{ secFetchSite: 'none' }, true],
  [{ secFetchSite: 'same-site' }, false],
  [{ secFetchSite: 'cross-site' }, false],
  [{ secFetchSite: 'cross-site', origin: 'https://pay.example' }, false],
  [{ origin: 'https://pay.example' }, true],
  [{ origin: 'https://pay.example.evil' }, false],
  [{ origin: 'null' }, false],
  [{}, true],
])('a form that comes with %j is %s', (headers, expected) => {
  expect(comesFromOurs(headers, 'https://pay.example')).toBe(expected);
});

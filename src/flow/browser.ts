import { createHmac, timingSafeEqual } from 'node:crypto';
import { randomBytes, randomToken, sha256 } from '../core/ids.ts';
import type { SessionKey } from '../sessions/session.ts';

/**
 * A browser, known by the secret in its one cookie. The secret holds any number of sessions; each session
 * remembers the secret's hash. An entry by GET may hand the secret out: it binds nothing.
 */
export interface Browser {
  readonly secret: string;
  readonly hash: Buffer;
}

const secretBits = 256;

export function newBrowser(): Browser {
  return browserOf(randomToken(secretBits));
}

/** The browser that sent this cookie; undefined for what cannot be one of ours. */
export function browserFrom(cookie: string | undefined): Browser | undefined {
  return cookie !== undefined && /^[A-Za-z0-9_-]{43}$/.test(cookie) ? browserOf(cookie) : undefined;
}

function browserOf(secret: string): Browser {
  return { secret, hash: sha256(secret) };
}

const macLength = 32;

/**
 * Proves that a form was in a page that we gave to this browser for this session. Looks different in every
 * page: beside text that others choose, a constant would leak through the length of the compressed page (BREACH).
 */
export function csrfToken(browser: Browser, key: SessionKey): string {
  const mask = randomBytes(macLength);
  return Buffer.concat([mask, xor(csrfMac(browser, key), mask)]).toString('base64url');
}

export function matchesCsrf(browser: Browser, key: SessionKey, token: string): boolean {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== 2 * macLength) return false;
  return timingSafeEqual(xor(bytes.subarray(macLength), bytes.subarray(0, macLength)), csrfMac(browser, key));
}

function csrfMac(browser: Browser, key: SessionKey): Buffer {
  return createHmac('sha256', browser.secret).update(`csrf:${key.merchantId}:${key.id}`).digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

/**
 * Whether a POST can come from our own page: by what the browser says of its origin. Browsers without
 * Sec-Fetch-Site are judged by Origin, those without either by the token alone.
 */
export function comesFromOurs(
  headers: { readonly secFetchSite?: string | undefined; readonly origin?: string | undefined },
  ownOrigin: string,
): boolean {
  if (headers.secFetchSite !== undefined)
    return headers.secFetchSite === 'same-origin' || headers.secFetchSite === 'none';
  return headers.origin === undefined || headers.origin === ownOrigin;
}

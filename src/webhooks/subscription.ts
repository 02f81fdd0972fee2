import type { Environment } from '../merchants/merchant.ts';

/** An address that listens to events. One address has at most one subscription per environment. */
export interface Subscription {
  readonly merchantId: string;
  readonly id: string;
  readonly environment: Environment;
  /** The app whose key made it. */
  readonly appId: string;
  /** As {@link normalUrl} writes it. */
  readonly url: string;
  /** As the merchant wrote them; `*` stands for all. */
  readonly events: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Since when it gets nothing, because its receiver answered 410; an update lifts it. */
  readonly disabledAt?: Date;
}

export const maxSubscriptions = 50;
export const maxUrlLength = 2_048;

/**
 * Printable ASCII without a backslash, as RFC 3986 has it: the URL parser would silently drop tabs and line
 * breaks, turn backslashes round, and make a familiar-looking host of letters that only look alike.
 */
export function isPlainUrl(url: string): boolean {
  return /^[!-[\]-~]+$/.test(url);
}

/**
 * The one spelling of an address, by the URL standard: scheme and host in lower case, no default port, a path.
 * Without the fragment, which is never sent (RFC 9110 section 7.1).
 * @param url one that can be parsed
 */
export function normalUrl(url: string): string {
  const { href, hash } = new URL(url);
  return hash === '' ? href.replace(/#$/, '') : href.slice(0, -hash.length);
}

import type { Environment } from '../merchants/merchant.ts';

/** An address that listens to events. One address has at most one subscription per environment. */
export interface Subscription {
  readonly merchantId: string;
  readonly id: string;
  readonly environment: Environment;
  /** The app whose key made it. */
  readonly appId: string;
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

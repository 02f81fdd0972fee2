import { timingSafeEqual } from 'node:crypto';
import { randomToken, sha256 } from '../core/ids.ts';

/** What names a row everywhere; the merchant comes first, as in every key. */
export interface TokenKey {
  readonly merchantId: string;
  /** A UUID. */
  readonly id: string;
}

/**
 * A token that opens one row to whoever has it: `<merchant>.<id, 22 characters>.<160 random bits>`. It carries the
 * key of the row, so that finding it needs no index of its own; only the hash is stored.
 */
export function newBearerToken(key: TokenKey): { token: string; hash: Buffer } {
  const packedId = Buffer.from(key.id.replaceAll('-', ''), 'hex').toString('base64url');
  const token = `${key.merchantId}.${packedId}.${randomToken(160)}`;
  return { token, hash: sha256(token) };
}

/** The row that a token speaks of, before anything is proven; undefined for what cannot be a token. */
export function keyOfBearerToken(token: string): TokenKey | undefined {
  const match = /^([a-z0-9]{1,20})\.([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{27}$/.exec(token);
  if (!match?.[1] || !match[2]) return undefined;
  const hex = Buffer.from(match[2], 'base64url').toString('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { merchantId: match[1], id };
}

export function matchesBearerToken(token: string, hash: Buffer): boolean {
  return timingSafeEqual(sha256(token), hash);
}

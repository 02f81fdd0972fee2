import { createHash } from 'node:crypto';

/** Part of an asset's path: other bytes, other address. */
export function contentHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

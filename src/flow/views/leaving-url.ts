import { assert } from '../../core/assert.ts';
import { runningSchemes } from '../../sessions/return-url.ts';

/**
 * An address outside of Trellis that a page sends its reader to: the bank's, or the merchant's, app schemes
 * included. It was validated when it came in; this is the last door before it becomes a link.
 */
export function leavingUrl(url: string): string {
  const parsed = URL.parse(url);
  assert(parsed !== null, 'a leaving address is absolute');
  assert(!runningSchemes.has(parsed.protocol), 'a leaving address is a place');
  return url;
}

import { assert } from '../../core/assert.ts';

/** Schemes whose address is a program or a page of its own, never a place to go. */
const runningSchemes: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
  'about:',
]);

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

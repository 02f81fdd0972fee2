import { bankPath } from './addresses.ts';
import { findBank } from './banks.ts';

/**
 * Within this process every bank's interface stands at one place. One with a service path of its own is found by that
 * path, and by no other.
 */
export function insideUrl(url: string): string {
  const [, slug = '', rest = ''] = /^\/berlin-group\/([^/?#]+)(\/.*)$/.exec(url) ?? [];
  const bank = findBank(slug);
  const servicePath = bank?.deviations.servicePath;
  if (bank === undefined || servicePath === undefined) return url;
  if (rest.startsWith(`${servicePath}/v1/`)) return `${bankPath(bank)}${rest.slice(servicePath.length)}`;
  return rest.startsWith('/v1/') ? `${bankPath(bank)}/v1/nothing-here` : url;
}

import { BankFailure } from '../../banking/failure.ts';
import { isObject, type JsonObject, objectsOf, textOf } from './json.ts';
import type { Profile } from './profiles.ts';

/** True for a URL of this bank: its base URL's host or one that its profile names, and no weaker scheme. */
export function isBankUrl(profile: Profile, text: string): boolean {
  const url = URL.parse(text);
  const base = new URL(profile.baseUrl);
  if (url === null || url.username !== '' || url.password !== '') return false;
  const known = url.host === base.host || profile.linkHosts.includes(url.host);
  return known && (url.protocol === 'https:' || url.protocol === base.protocol);
}

/**
 * Where a link of an answer leads. Links come absolute, host-absolute and relative, and resolve against
 * the URL that was asked (RFC 3986 section 5). A link to a host that is not the bank's
 * is refused: it would carry the consent id and the token there, or the user.
 * @throws BankFailure operator-fault for a foreign link
 */
export function linkTo(
  profile: Profile,
  answered: { readonly url: string; readonly json: JsonObject },
  relation: string,
): string | undefined {
  const href = hrefOf(answered.json._links, relation);
  if (href === undefined) return undefined;
  const resolved = resolve(profile, href, answered.url);
  if (resolved !== undefined && mayLeadTo(profile, resolved)) return resolved;
  throw new BankFailure(
    'operator-fault',
    `the link ${relation} leads to a host that the profile does not name`,
  );
}

/** Calls go to URLs of the bank only; people may also be sent to where its profile says that it speaks plain HTTP. */
export function mayLeadTo(profile: Profile, url: string): boolean {
  return isBankUrl(profile, url) || profile.linkHosts.includes(new URL(url).origin);
}

/**
 * The same for a link that is kept and perhaps never followed: where it leads is judged by whoever follows it.
 * Undefined where there is none, and for one that is no address at all.
 */
export function keptLinkTo(
  profile: Profile,
  answered: { readonly url: string; readonly json: JsonObject },
  relation: string,
): string | undefined {
  const href = hrefOf(answered.json._links, relation);
  return href === undefined ? undefined : resolve(profile, href, answered.url);
}

/** Above the positions that banks pack into their links to the next page. */
const maxHrefLength = 4_000;

/** Where the link leads, or where it should have led by the bank's profile. */
function resolve(profile: Profile, href: string, base: string): string | undefined {
  const resolved = href.length > maxHrefLength ? undefined : URL.parse(href, base)?.href;
  const rewrite = profile.linkRewrites.find(({ from }) => resolved?.startsWith(from));
  if (resolved === undefined || rewrite === undefined) return resolved;
  return URL.parse(`${rewrite.to}${resolved.slice(rewrite.from.length)}`)?.href;
}

/** `{href}` as the standard says, a bare text, or a list of such objects, as some banks send. */
function hrefOf(links: unknown, relation: string): string | undefined {
  const candidates = isObject(links) ? [links] : objectsOf(links);
  for (const candidate of candidates) {
    const link = Object.hasOwn(candidate, relation) ? candidate[relation] : undefined;
    const href = isObject(link)
      ? textOf(link, 'href', maxHrefLength + 1)
      : textOf(candidate, relation, maxHrefLength + 1);
    if (href !== undefined) return href;
  }
  return undefined;
}

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Globally routed IPv6 unicast; everything outside is special by definition (RFC 4291 section 2.4, IANA registry). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** Addresses that look public and lead to a cloud's own control plane: Azure's WireServer. */
const controlPlanes: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * True for an address that anybody on the internet may own. IPv6 forms that carry an IPv4 address inside
 * (mapped, compatible, NAT64, 6to4, Teredo) are refused as a whole: no honest name answers with them, and
 * what they lead to is decided by a gateway that we do not know.
 */
export function isPublicAddress(text: string): boolean {
  const address = parsed(text);
  if (address === undefined || controlPlanes.has(text) || address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || address.match(globalUnicast);
}

/** True for this machine itself, by any of its spellings: 127/8, ::1, 0/8, ::, and IPv4 inside IPv6. */
export function isThisMachine(text: string): boolean {
  if (parsed(text) === undefined) return false;
  const range = ipaddr.process(text).range();
  return range === 'loopback' || range === 'unspecified';
}

/** True for the two families' loopback addresses, which no other machine can answer for. */
export function isLoopbackAddress(text: string): boolean {
  return parsed(text)?.range() === 'loopback';
}

/** `localhost` and its subdomains, which never leave the machine (RFC 6761 section 6.3). */
export function isLocalhostName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === 'localhost' || name.endsWith('.localhost');
}

/** The address that a URL's host spells, without an IPv6 host's brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return parsed(bare) === undefined ? undefined : bare;
}

/** An IPv4 address as itself, where a server that listens on IPv6 has seen it mapped (RFC 4291 section 2.5.5.2). */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Strict forms only: the library alone also takes `1.2.3` and an IPv6 zone, which no DNS answer holds. */
function parsed(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.parse(text);
}

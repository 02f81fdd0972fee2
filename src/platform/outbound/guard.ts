import {
  isLocalhostName,
  isLoopbackAddress,
  isPublicAddress,
  isThisMachine,
  literalAddress,
} from './address.ts';
import { networkResolver, type Resolve, systemResolve } from './resolve.ts';

/** Whom one instance may speak to. Everything that no field allows: https to public addresses only. */
export interface OutboundPolicy {
  /** Exact origins (`http://127.0.0.1:3001`) that are allowed although http, loopback or private. */
  readonly allowedOrigins: readonly string[];
  /** True on a newcomer's machine: any server on loopback may be spoken to, over plain http too. */
  readonly loopbackHttp: boolean;
  /** Ports of this machine that are never spoken to, whatever else is allowed: Trellis's own, PostgreSQL's. */
  readonly forbiddenPorts: readonly number[];
}

export type AddressProblem = 'malformed' | 'credentials' | 'scheme' | 'port' | 'address' | 'dns';

export type AddressVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: AddressProblem; readonly message: string };

/** Which addresses the URL's host may turn out to have. */
type Reach = 'public' | 'loopback' | 'any';

const maxUrlLength = 2_048;

/** For whoever entered the address; never says which address a name has, which would map our network. */
const messages: Readonly<Record<AddressProblem, string>> = {
  malformed: 'is not an absolute URL of at most 2,048 characters',
  credentials: 'must not hold a user name or password',
  scheme: 'must be https',
  port: 'names a port that cannot be used',
  address: 'must lead to a public address',
  dns: 'names a host that cannot be found',
};

/**
 * The guard against server-side request forgery. It is asked twice: when an address is entered, and for
 * every connection about what is dialled, since a name may change its answer in between (DNS rebinding).
 */
export class Guard {
  readonly #policy: OutboundPolicy;
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #resolveNetwork: Resolve;

  constructor(policy: OutboundPolicy, resolve: Resolve = networkResolver()) {
    this.#policy = policy;
    this.#allowedOrigins = new Set(policy.allowedOrigins.map((origin) => new URL(origin).origin));
    this.#resolveNetwork = resolve;
  }

  /** The whole check, DNS included, without a connection. */
  async check(text: string): Promise<AddressVerdict> {
    if (text.length > maxUrlLength || !URL.canParse(text)) return refuse('malformed');
    const url = new URL(text);
    const refused = this.urlProblem(url);
    if (refused !== undefined) return refuse(refused);
    const dialled = await this.addresses(url);
    return Array.isArray(dialled) ? { ok: true } : refuse(dialled);
  }

  /** What the URL itself shows, before any name is resolved. */
  urlProblem(url: URL): AddressProblem | undefined {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'scheme';
    if (url.username !== '' || url.password !== '') return 'credentials';
    if (url.port === '0') return 'port';
    return this.#reach(url) === undefined ? 'scheme' : undefined;
  }

  /**
   * The addresses that may be dialled for this URL, all of them vetted: one forbidden address in a DNS
   * answer refuses the whole name, or a server could mix a public with a private one and wait for luck.
   */
  async addresses(url: URL): Promise<string[] | AddressProblem> {
    const reach = this.#reach(url);
    if (reach === undefined) return 'scheme';
    const found = await this.#resolve(url.hostname, reach);
    if (found.length === 0) return 'dns';
    if (!found.every((address) => isWithin(reach, address))) return 'address';
    const ownPort = this.#policy.forbiddenPorts.includes(portOf(url));
    return ownPort && found.some(isThisMachine) ? 'port' : [...found];
  }

  #reach(url: URL): Reach | undefined {
    if (this.#allowedOrigins.has(url.origin)) return 'any';
    const literal = literalAddress(url.hostname);
    const local = literal === undefined ? isLocalhostName(url.hostname) : isLoopbackAddress(literal);
    if (this.#policy.loopbackHttp && local) return 'loopback';
    return url.protocol === 'https:' ? 'public' : undefined;
  }

  async #resolve(hostname: string, reach: Reach): Promise<readonly string[]> {
    const literal = literalAddress(hostname);
    if (literal !== undefined) return [literal];
    if (isLocalhostName(hostname)) return ['127.0.0.1', '::1'];
    const resolve = reach === 'any' ? systemResolve : this.#resolveNetwork;
    return resolve(hostname).catch(() => []);
  }
}

function refuse(problem: AddressProblem): AddressVerdict {
  return { ok: false, problem, message: messages[problem] };
}

function isWithin(reach: Reach, address: string): boolean {
  if (reach === 'any') return true;
  return reach === 'loopback' ? isLoopbackAddress(address) : isPublicAddress(address);
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/**
 * Why a request had no usable answer.
 *
 * - `refused-address`  our own guard: the URL or the address behind it may not be spoken to
 * - `dns`              the name does not resolve
 * - `connect`          nobody accepts connections there
 * - `tls`              no trusted TLS connection: certificate, name, protocol
 * - `timeout`          the total time was used up, at whatever stage
 * - `reset`            the connection ended before the answer did
 * - `too-large`        head or body exceed the limit
 * - `bad-answer`       what came back is not HTTP, or its coding cannot be undone
 */
export type OutboundReason =
  | 'refused-address'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'too-large'
  | 'bad-answer';

/** Names method and origin only: a path may hold ids and a query may hold tokens, and errors are logged. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';
  readonly reason: OutboundReason;
  /** Node's or undici's own code, such as `CERT_HAS_EXPIRED`: a constant, never text of the other side. */
  readonly code?: string;

  constructor(reason: OutboundReason, what: string, code?: string) {
    super(`${what}: ${reason}${code === undefined ? '' : ` (${code})`}`);
    this.reason = reason;
    if (code !== undefined) this.code = code;
  }
}

const reasonOfCode: Readonly<Record<string, OutboundReason>> = {
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  EADDRNOTAVAIL: 'connect',
  ETIMEDOUT: 'connect',
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  UND_ERR_MAX_ORIGINS_REACHED: 'connect',
  UND_ERR_CLOSED: 'connect',
  UND_ERR_DESTROYED: 'connect',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
  HPE_HEADER_OVERFLOW: 'too-large',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  INVALID_CA: 'tls',
  INVALID_PURPOSE: 'tls',
  EPROTO: 'tls',
};

/** What undici, the socket or zlib threw, as one of our reasons. What is unknown came from the other side. */
export function outboundFailure(what: string, thrown: unknown): OutboundFailure {
  if (thrown instanceof OutboundFailure) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return new OutboundFailure('bad-answer', what);
  return new OutboundFailure(reasonOfCode[code] ?? reasonOfFamily(code), what, code);
}

function reasonOfFamily(code: string): OutboundReason {
  return /^(ERR_TLS|ERR_SSL|CERT_|CRL_)/.test(code) ? 'tls' : 'bad-answer';
}

function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

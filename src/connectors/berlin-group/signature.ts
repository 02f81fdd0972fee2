import { createHash, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyPair } from '../../platform/outbound/identity.ts';
import type { OutboundRequest } from '../../platform/outbound/outbound.ts';

/** On a thread of its own: a seal of RSA 2048 takes most of a millisecond, which others need not wait for. */
const signElsewhere = promisify(sign);

const requestTarget = '(request-target)';

export type Sealable = Pick<OutboundRequest, 'method' | 'url' | 'headers' | 'body'>;

/**
 * The headers that seal a request (XS2A implementation guidelines 1.3, section 12; draft-cavage-http-signatures-10):
 * Digest over the body's bytes, Signature over the headers of `order` that the request has, and the certificate.
 * @param order names in lower case; `digest` among them, and perhaps `(request-target)`
 * @param keyId what the bank knows the key by, if not by its certificate
 */
export async function sealHeaders(
  request: Sealable,
  seal: KeyPair,
  order: readonly string[],
  keyId = keyIdOf(seal),
): Promise<Record<string, string>> {
  const digest = digestOf(request.body);
  const values = signedValues(request, digest);
  const present = order.filter((name) => values[name] !== undefined);
  const text = present.map((name) => `${name}: ${values[name]}`).join('\n');
  const signature = await signElsewhere('sha256', Buffer.from(text), seal.key);
  return {
    digest,
    signature: [
      `keyId="${keyId}"`,
      'algorithm="rsa-sha256"',
      `headers="${present.join(' ')}"`,
      `signature="${signature.toString('base64')}"`,
    ].join(','),
    'tpp-signature-certificate': seal.certificate.raw.toString('base64'),
  };
}

/** RFC 3230. A request without a body has the digest of no bytes. */
function digestOf(body: Sealable['body']): string {
  return `SHA-256=${createHash('sha256')
    .update(body ?? '')
    .digest('base64')}`;
}

/** By lower-case name; the request's target as section 2.3 of the draft spells it. */
function signedValues({ method, url, headers = {} }: Sealable, digest: string): Record<string, string> {
  const { pathname, search } = new URL(url);
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    ...Object.fromEntries(own),
    digest,
    [requestTarget]: `${method.toLowerCase()} ${pathname}${search}`,
  };
}

/**
 * `SN=<serial number in hexadecimal>,CA=<full distinguished name of the issuer>`, the name as in RFC 4514: its last
 * part first. What a header's quoted text cannot hold is percent-encoded, spaces too, as in the standard's example.
 */
export function keyIdOf({ certificate }: Pick<KeyPair, 'certificate'>): string {
  const issuer = certificate.issuer.split('\n').reverse().join(',');
  return `SN=${certificate.serialNumber},CA=${issuer.replaceAll(/[^\x21-\x7e]|["%\\]/gu, encodeURIComponent)}`;
}

import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { TppError } from '../berlin-group/tpp-error.ts';
import { limits } from '../limits.ts';
import { headerText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { connectedTpp } from './mutual-tls.ts';
import { checkQualified } from './qualified-certificate.ts';

const hashes: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' };
const certificateHeader = 'TPP-Signature-Certificate';

type Body = Readable & { receivedEncodedLength?: number };

/**
 * Reads the body and has it checked, before anything of the message is believed.
 * @returns the body, to be read again
 */
export async function checkedBytes(body: Readable, check: (bytes: Buffer) => void): Promise<Readable> {
  const bytes = await bytesOf(body);
  check(bytes);
  const again: Body = Readable.from(bytes);
  again.receivedEncodedLength = bytes.length;
  return again;
}

async function bytesOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limits.maxBodyBytes)
      throw new TppError('FORMAT_ERROR', 'The body is too large.', { status: 413 });
  }
  return Buffer.concat(chunks);
}

/** A seal that came with the message: of the TPP at the other end, where the bank knows who that is. */
export function sealOf(
  sandbox: Sandbox,
  bank: Bank,
  request: FastifyRequest,
): { readonly certificate: X509Certificate; readonly organisation: string } {
  const text = headerText(request, certificateHeader.toLowerCase());
  if (text === undefined)
    throw new TppError('CERTIFICATE_MISSING', 'The certificate of the seal is expected in this header.', {
      path: certificateHeader,
    });
  const certificate = certificateOf(text);
  const organisation = checkQualified(sandbox, certificate, 'seal', certificateHeader);
  if (bank.deviations.mutualTls && connectedTpp(sandbox, request) !== organisation)
    throw new TppError('CERTIFICATE_INVALID', 'It is the seal of another TPP than the one connected.', {
      path: certificateHeader,
    });
  return { certificate, organisation };
}

function certificateOf(text: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(text, 'base64'));
  } catch {
    throw new TppError('CERTIFICATE_INVALID', 'A certificate as DER in Base64 is expected in this header.', {
      path: certificateHeader,
    });
  }
}

/** `SN=<serial number in hexadecimal>,CA=<distinguished name of the issuer>`. */
export function checkKeyId(keyId: string, certificate: X509Certificate): void {
  const [, serial = '', name = ''] = /^SN=([0-9a-f]+),CA=(.+)$/i.exec(keyId) ?? [];
  const issuer = certificate.issuer.split('\n').reverse().join(',');
  const isIt = BigInt(`0x${serial || '0'}`) === BigInt(`0x${certificate.serialNumber}`);
  if (!isIt || decoded(name) !== issuer)
    invalid('Signature', 'Its keyId is not SN and CA of the certificate that was sent.');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** RFC 3230, over the body's very bytes; of an empty body too. */
export function checkDigest(request: FastifyRequest, body: Buffer): void {
  const [, name = '', value = ''] = /^([A-Z0-9-]+)=(.+)$/i.exec(headerText(request, 'digest') ?? '') ?? [];
  const hash = hashes[name.toUpperCase()] ?? invalid('Digest', 'SHA-256 or SHA-512 is expected.');
  const expected = createHash(hash).update(body).digest();
  const found = Buffer.from(value, 'base64');
  if (found.length !== expected.length || !timingSafeEqual(found, expected))
    invalid('Digest', 'It is not the digest of this body.');
}

/** By the machine's clock: whoever moves the bank's has not moved that of the TPP. */
export function checkFreshness({ clock }: Sandbox, request: FastifyRequest): void {
  const sent = Date.parse(headerText(request, 'date') ?? '');
  const isFresh = Math.abs(clock.machineNow().getTime() - sent) <= limits.signatureSeconds * 1000;
  if (!isFresh)
    throw new TppError('TIMESTAMP_INVALID', 'The message is not of this moment.', { path: 'Date' });
}

/** X-Request-ID is "unique to the call" (parameter of every operation). The standard has no word for a replay. */
export function checkFirstTime(
  sandbox: Sandbox,
  request: FastifyRequest,
  { fingerprint256 }: X509Certificate,
): void {
  const requestId = headerText(request, 'x-request-id');
  // One that is missing is refused with the standard's own words, later.
  if (requestId === undefined) return;
  if (!sandbox.seenMessages.isNew(fingerprint256, requestId, sandbox.clock.machineNow()))
    invalid('X-Request-ID', 'This message was here before: each has an id of its own.');
}

export function invalid(path: string, text: string): never {
  throw new TppError('SIGNATURE_INVALID', text, { path });
}

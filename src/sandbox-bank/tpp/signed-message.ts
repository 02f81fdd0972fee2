import { createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { formatError, TppError } from '../berlin-group/tpp-error.ts';
import { limits } from '../limits.ts';
import { headerText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { connectedTpp } from './mutual-tls.ts';
import { checkQualified } from './qualified-certificate.ts';
import { type SignatureParts, signaturePartsIn } from './signature-parts.ts';

/** In this order, those that the request has and no others (implementation guidelines 1.3, section 12.2). */
const signedHeaders = ['digest', 'x-request-id', 'psu-id', 'psu-corporate-id', 'tpp-redirect-uri', 'date'];
const hashes: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' };
const algorithms: Readonly<Record<string, string>> = { 'rsa-sha256': 'sha256', 'rsa-sha512': 'sha512' };
const certificateHeader = 'TPP-Signature-Certificate';

type Body = Readable & { receivedEncodedLength?: number };

/**
 * Where a bank demands sealed messages, reads the body and checks the seal over it and the headers, before
 * anything of the message is believed.
 * @returns the body, to be read again
 */
export async function checkedBody(
  sandbox: Sandbox,
  bank: Bank | undefined,
  request: FastifyRequest,
  body: Readable,
): Promise<Readable> {
  if (!bank?.deviations.messageSigning) return body;
  const bytes = await bytesOf(body);
  checkMessage(sandbox, bank, request, bytes);
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

function checkMessage(sandbox: Sandbox, bank: Bank, request: FastifyRequest, body: Buffer): void {
  const signature = headerText(request, 'signature');
  if (signature === undefined)
    throw new TppError('SIGNATURE_MISSING', 'Messages to this bank are sealed.', { path: 'Signature' });
  const certificate = sealCertificate(sandbox, bank, request);
  const parts = signaturePartsIn(signature) ?? invalid('Signature', 'It cannot be read.');
  checkKeyId(parts.keyId, certificate);
  checkSignedHeaders(parts, request);
  checkDigest(request, body);
  const hash = algorithms[parts.algorithm] ?? invalid('Signature', 'rsa-sha256 or rsa-sha512 is expected.');
  const lines = parts.headers.map((name) => `${name}: ${headerText(request, name) ?? ''}`);
  const signed = Buffer.from(lines.join('\n'));
  const isGenuine = verify(hash, signed, certificate.publicKey, Buffer.from(parts.signature, 'base64'));
  if (!isGenuine) invalid('Signature', 'It is not the seal of these headers by this certificate.');
  checkFreshness(sandbox, request);
  checkFirstTime(sandbox, request, certificate);
}

function sealCertificate(sandbox: Sandbox, bank: Bank, request: FastifyRequest): X509Certificate {
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
  return certificate;
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
function checkKeyId(keyId: string, certificate: X509Certificate): void {
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

/** X-Request-ID is "unique to the call" (parameter of every operation). The standard has no word for a replay. */
function checkFirstTime(
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

function checkSignedHeaders({ headers }: SignatureParts, request: FastifyRequest): void {
  for (const name of ['Digest', 'Date']) {
    if (headerText(request, name.toLowerCase()) === undefined)
      throw formatError(name, 'This header is mandatory.');
  }
  const expected = signedHeaders.filter((name) => name in request.headers);
  if (headers.join(' ') !== expected.join(' '))
    invalid('Signature', `These headers are expected to be signed here: ${expected.join(' ')}.`);
}

/** RFC 3230, over the body's very bytes; of an empty body too. */
function checkDigest(request: FastifyRequest, body: Buffer): void {
  const [, name = '', value = ''] = /^([A-Z0-9-]+)=(.+)$/i.exec(headerText(request, 'digest') ?? '') ?? [];
  const hash = hashes[name.toUpperCase()] ?? invalid('Digest', 'SHA-256 or SHA-512 is expected.');
  const expected = createHash(hash).update(body).digest();
  const found = Buffer.from(value, 'base64');
  if (found.length !== expected.length || !timingSafeEqual(found, expected))
    invalid('Digest', 'It is not the digest of this body.');
}

/** By the machine's clock: whoever moves the bank's has not moved that of the TPP. */
function checkFreshness({ clock }: Sandbox, request: FastifyRequest): void {
  const sent = Date.parse(headerText(request, 'date') ?? '');
  const isFresh = Math.abs(clock.machineNow().getTime() - sent) <= limits.signatureSeconds * 1000;
  if (!isFresh)
    throw new TppError('TIMESTAMP_INVALID', 'The message is not of this moment.', { path: 'Date' });
}

function invalid(path: string, text: string): never {
  throw new TppError('SIGNATURE_INVALID', text, { path });
}

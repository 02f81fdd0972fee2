import { verify } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { isHttpDate } from '../berlin-group/own-rules.ts';
import { formatError, TppError } from '../berlin-group/tpp-error.ts';
import { derivedUuid } from '../ids.ts';
import { headerText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { checkDigest, checkFirstTime, checkFreshness, checkKeyId, invalid, sealOf } from './message-proof.ts';
import { type SignatureParts, signaturePartsIn } from './signature-parts.ts';

/** Of every request; in any order, and others may stand beside them. */
export const signedParts = ['(request-target)', 'date', 'digest'];

const target = '(request-target)';
const signatureScheme = /^Signature +/i;

/** The name that an application has at this bank: it need not register, since its seal says who it is. */
export function clientIdOf(bank: Bank, organisation: string): string {
  return derivedUuid('application', bank.slug, organisation);
}

/** True for `Authorization: Signature ...` (draft-cavage-http-signatures-10, section 3.1), by which no token is needed. */
export function authorisesBySignature(request: FastifyRequest): boolean {
  return signatureScheme.test(headerText(request, 'authorization') ?? '');
}

/**
 * Checks the signature of a request whose method and path it covers, by the seal that is sent with it. Where the
 * signature authorises it names the certificate as its key, and our name for the application ever after.
 * @returns the application's client id
 */
export function checkRequestSignature(
  sandbox: Sandbox,
  bank: Bank,
  request: FastifyRequest,
  body: Buffer,
  required: readonly string[] = signedParts,
): string {
  const parts = partsOf(request);
  const { certificate, organisation } = sealOf(sandbox, bank, request);
  const clientId = clientIdOf(bank, organisation);
  if (authorisesBySignature(request)) checkKeyId(parts.keyId, certificate);
  else if (parts.keyId !== clientId) invalid('Signature', 'Its keyId is not the client id.');
  const missing = required.find((name) => !parts.headers.includes(name));
  if (missing !== undefined) invalid('Signature', `It is expected to cover ${required.join(' ')}.`);
  if (parts.algorithm !== 'rsa-sha256') invalid('Signature', 'rsa-sha256 is expected.');
  if (!isHttpDate(headerText(request, 'date')))
    throw formatError('Date', 'A date of HTTP is expected in this header.');
  checkDigest(request, body);
  const signed = Buffer.from(parts.headers.map((name) => `${name}: ${partValue(request, name)}`).join('\n'));
  const isGenuine = verify('sha256', signed, certificate.publicKey, Buffer.from(parts.signature, 'base64'));
  if (!isGenuine) invalid('Signature', 'It is not of this request by this certificate.');
  checkFreshness(sandbox, request);
  checkFirstTime(sandbox, request, certificate);
  return clientId;
}

function partsOf(request: FastifyRequest): SignatureParts {
  const text = authorisesBySignature(request)
    ? headerText(request, 'authorization')?.replace(signatureScheme, '')
    : headerText(request, 'signature');
  if (text === undefined)
    throw new TppError('SIGNATURE_MISSING', 'Requests to this bank are signed.', { path: 'Signature' });
  return signaturePartsIn(text) ?? invalid('Signature', 'It cannot be read.');
}

function partValue(request: FastifyRequest, name: string): string {
  if (name === target) return `${request.method.toLowerCase()} ${request.originalUrl}`;
  return headerText(request, name) ?? invalid('Signature', `It covers ${name}, which is not there.`);
}

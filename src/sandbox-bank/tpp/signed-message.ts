import { verify } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { formatError, TppError } from '../berlin-group/tpp-error.ts';
import { headerText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import {
  checkDigest,
  checkedBytes,
  checkFirstTime,
  checkFreshness,
  checkKeyId,
  invalid,
  sealOf,
} from './message-proof.ts';
import { checkRequestSignature, signedParts } from './request-signature.ts';
import { type SignatureParts, signaturePartsIn } from './signature-parts.ts';

/** In this order, those that the request has and no others (implementation guidelines 1.3, section 12.2). */
const signedHeaders = ['digest', 'x-request-id', 'psu-id', 'psu-corporate-id', 'tpp-redirect-uri', 'date'];
const algorithms: Readonly<Record<string, string>> = { 'rsa-sha256': 'sha256', 'rsa-sha512': 'sha512' };

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
  if (bank?.deviations.messageSigning)
    return checkedBytes(body, (bytes) => checkMessage(sandbox, bank, request, bytes));
  if (bank?.deviations.withoutConsents)
    return checkedBytes(body, (bytes) => {
      checkRequestSignature(sandbox, bank, request, bytes, [...signedParts, 'x-request-id']);
    });
  return body;
}

function checkMessage(sandbox: Sandbox, bank: Bank, request: FastifyRequest, body: Buffer): void {
  const signature = headerText(request, 'signature');
  if (signature === undefined)
    throw new TppError('SIGNATURE_MISSING', 'Messages to this bank are sealed.', { path: 'Signature' });
  const { certificate } = sealOf(sandbox, bank, request);
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

function checkSignedHeaders({ headers }: SignatureParts, request: FastifyRequest): void {
  for (const name of ['Digest', 'Date']) {
    if (headerText(request, name.toLowerCase()) === undefined)
      throw formatError(name, 'This header is mandatory.');
  }
  const expected = signedHeaders.filter((name) => name in request.headers);
  if (headers.join(' ') !== expected.join(' '))
    invalid('Signature', `These headers are expected to be signed here: ${expected.join(' ')}.`);
}

import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { TppError } from '../berlin-group/tpp-error.ts';
import type { Sandbox } from '../sandbox.ts';
import { checkQualified } from './qualified-certificate.ts';

/** A bank that wants mutual TLS is spoken to with a certificate for websites (QWAC), or not at all. */
export function checkConnection(sandbox: Sandbox, bank: Bank, request: FastifyRequest): void {
  if (bank.deviations.mutualTls) connectedTpp(sandbox, request);
}

/** Who is at the other end of the connection, proved by the handshake. */
export function connectedTpp(sandbox: Sandbox, request: FastifyRequest): string {
  const certificate = peerCertificate(request);
  if (certificate === undefined) {
    throw new TppError('CERTIFICATE_MISSING', 'This bank is reached by mutual TLS, with a QWAC.');
  }
  return checkQualified(sandbox, certificate, 'website');
}

function peerCertificate({ raw }: FastifyRequest): X509Certificate | undefined {
  return raw.socket instanceof TLSSocket ? raw.socket.getPeerX509Certificate() : undefined;
}

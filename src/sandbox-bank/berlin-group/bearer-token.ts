import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { sha256 } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import { TppError } from './tpp-error.ts';

/** The access token of the call (RFC 6750 section 2.1) must be alive and belong to this consent. */
export function checkToken(sandbox: Sandbox, bank: Bank, request: FastifyRequest, consentId: string): void {
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined)
    throw new TppError('TOKEN_UNKNOWN', 'A bearer token is expected.', { path: 'Authorization' });
  const known = sandbox.store.tokens.get(sha256(token));
  const grant = known?.kind === 'access' ? sandbox.store.grants.get(known.grantId) : undefined;
  if (known === undefined || grant === undefined || grant.bank !== bank.slug) {
    throw new TppError('TOKEN_UNKNOWN', 'This bank knows no such token.');
  }
  if (grant.consentId !== consentId)
    throw new TppError('TOKEN_INVALID', 'The token belongs to another consent.');
  if (grant.revoked) throw new TppError('TOKEN_INVALID', 'The token has been revoked.');
  const { expiresAt } = known;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= sandbox.clock.now().getTime()) {
    throw new TppError('TOKEN_EXPIRED', 'The token has expired.');
  }
}

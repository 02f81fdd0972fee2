import type { Bank } from '../bank.ts';
import type { Consent } from '../consents/consent.ts';
import { findConsent } from '../consents/consent-service.ts';
import { sha256 } from '../ids.ts';
import type { Grant } from '../oauth/grant.ts';
import { headerText } from '../request-parts.ts';
import type { Call } from './operation.ts';
import { TppError } from './tpp-error.ts';

/** A token of the TPP itself, at a bank that wants one before there is a consent. */
export function checkTppToken(call: Call): void {
  if (!isTppsOwn(grantOf(call))) throw new TppError('TOKEN_INVALID', 'A token of the TPP is expected here.');
}

/** The same as `checkToken`, for a call that reads: what the TPP may do by itself is not enough for that. */
export function checkReadingToken(call: Call, consent: Consent): void {
  if (isTppsOwn(grantOf(call))) throw new TppError('TOKEN_INVALID', 'This token is of no customer.');
  checkToken(call, consent);
}

/**
 * The access token of the call must be alive and belong to this consent, or, where it is older than the
 * consent (OAuth2 pre-step), to the customer who gave that.
 */
export function checkToken(call: Call, consent: Consent): void {
  const { consentId, userName } = grantOf(call);
  const fits = consentId === undefined ? userName === consent.userName : consentId === consent.id;
  if (!fits) throw new TppError('TOKEN_INVALID', 'The token belongs to another consent.');
}

/** What the customer has granted, at a bank where the token alone says so; the application's own token opens nothing. */
export function consentOfToken(call: Call, clientId: string): Consent {
  const grant = grantOf(call);
  const consent = findConsent(call.sandbox, call.bank, grant.consentId ?? '');
  if (consent?.status === 'valid' && grant.clientId === clientId) return consent;
  throw new TppError('TOKEN_INVALID', 'The token opens nothing to this application.');
}

/** The customer whose token a consent is created with, at a bank that wants one for that. */
export function customerOfToken(call: Call): string | undefined {
  return grantOf(call).userName;
}

function isTppsOwn({ consentId, userName }: Grant): boolean {
  return consentId === undefined && userName === undefined;
}

/** RFC 6750 section 2.1. */
function grantOf(call: Call): Grant {
  const { sandbox, bank, request } = call;
  const links = linksToToken(call, bank);
  const path = bank.deviations.preAuthorisation ? 'PSD2-Authorization' : 'Authorization';
  const header = headerText(request, path.toLowerCase()) ?? '';
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header)?.[1];
  if (token === undefined) {
    throw new TppError('TOKEN_UNKNOWN', 'A bearer token is expected.', { path, ...links });
  }
  const known = sandbox.store.tokens.get(sha256(token));
  const grant = known?.kind === 'access' ? sandbox.store.grants.get(known.grantId) : undefined;
  if (known === undefined || grant === undefined || grant.bank !== bank.slug) {
    throw new TppError('TOKEN_UNKNOWN', 'This bank knows no such token.', links);
  }
  if (grant.revoked) throw new TppError('TOKEN_INVALID', 'The token has been revoked.', links);
  const { expiresAt } = known;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= sandbox.clock.now().getTime()) {
    throw new TppError('TOKEN_EXPIRED', 'The token has expired.');
  }
  return grant;
}

/** Where to get a token, if that comes before everything else. */
function linksToToken({ sandbox }: Call, bank: Bank) {
  return bank.sca === 'preStep' ? { links: { scaOAuth: { href: sandbox.addresses.metadata(bank) } } } : {};
}

import type { Bank } from '../bank.ts';
import type { Consent } from '../consents/consent.ts';
import { findConsent } from '../consents/consent-service.ts';
import type { Sandbox } from '../sandbox.ts';
import type { OAuthRequest } from '../visits/visit.ts';

export type AuthorizeAnswer =
  | { readonly kind: 'accepted'; readonly consent: Consent; readonly oauth: OAuthRequest }
  /** Nobody to send the browser to: the redirect URI is not proven to be the TPP's (RFC 6749 section 4.1.2.1). */
  | { readonly kind: 'stays'; readonly problem: PageProblem }
  | {
      readonly kind: 'sentBack';
      readonly redirectUri: string;
      readonly error: string;
      readonly state?: string;
    };

export type PageProblem = 'repeatedParameter' | 'unknownClient' | 'unknownConsent' | 'foreignRedirectUri';

type Query = Readonly<Record<string, unknown>>;

/** The organisation identifier of the TPP's eIDAS certificate, as `PSDDE-BAFIN-123456` (ETSI TS 119 495, 5.2.1). */
const organisationIdentifier = /^PSD[A-Z]{2}-[A-Z]{2,8}-[A-Za-z0-9][A-Za-z0-9.\-/]{0,39}$/;
const s256Challenge = /^[A-Za-z0-9_-]{43}$/;

/** Checks an authorisation request, first what makes it safe to send the browser back, then the rest. */
export function checkAuthorizeRequest(sandbox: Sandbox, bank: Bank, query: Query): AuthorizeAnswer {
  if (Object.values(query).some((value) => typeof value !== 'string')) {
    return { kind: 'stays', problem: 'repeatedParameter' };
  }
  const clientId = text(query, 'client_id');
  if (!organisationIdentifier.test(clientId)) return { kind: 'stays', problem: 'unknownClient' };
  const consentId = /^AIS:(\S+)$/.exec(text(query, 'scope'))?.[1] ?? '';
  const consent = findConsent(sandbox, bank, consentId);
  if (consent === undefined) return { kind: 'stays', problem: 'unknownConsent' };
  const redirectUri = text(query, 'redirect_uri');
  if (redirectUri !== consent.returnTo.redirectUri) return { kind: 'stays', problem: 'foreignRedirectUri' };
  const state = text(query, 'state');
  const error = problemOf(query, consent);
  if (error !== undefined) return { kind: 'sentBack', redirectUri, error, ...(state !== '' && { state }) };
  const oauth = {
    clientId,
    redirectUri,
    state,
    codeChallenge: text(query, 'code_challenge'),
  };
  return { kind: 'accepted', consent, oauth };
}

/** The OAuth error that a well-addressed request earns; undefined if all is right. */
function problemOf(query: Query, consent: Consent): string | undefined {
  if (query.request !== undefined || query.request_uri !== undefined) return 'request_not_supported';
  if (text(query, 'response_type') !== 'code') return 'unsupported_response_type';
  if (text(query, 'state') === '') return 'invalid_request';
  // RFC 7636: S256 and nothing weaker; a missing method would mean `plain`.
  if (text(query, 'code_challenge_method') !== 'S256') return 'invalid_request';
  if (!s256Challenge.test(text(query, 'code_challenge'))) return 'invalid_request';
  return consent.status === 'received' ? undefined : 'invalid_scope';
}

function text(query: Query, name: string): string {
  const value = query[name];
  return typeof value === 'string' ? value : '';
}

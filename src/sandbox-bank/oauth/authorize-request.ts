import type { Bank } from '../bank.ts';
import type { Service } from '../consents/access.ts';
import type { Consent } from '../consents/consent.ts';
import { findConsent } from '../consents/consent-service.ts';
import { isReturnAddress } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import type { OAuthRequest } from '../visits/visit.ts';
import { isKnownApplication, servicesIn } from './application-service.ts';
import { consentScope, preStepScope } from './grant-service.ts';

export type AuthorizeAnswer =
  | {
      readonly kind: 'accepted';
      readonly consent?: Consent;
      /** What the scopes would open, at a bank without consents. */
      readonly services?: readonly Service[];
      readonly oauth: OAuthRequest;
    }
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
export function checkAuthorizeRequest(sandbox: Sandbox, bank: Bank, asked: Query): AuthorizeAnswer {
  const query = bank.deviations.camelCaseAuthorize ? fromCamelCase(asked) : asked;
  const client = clientOf(query);
  if (client.problem !== undefined) return { kind: 'stays', problem: client.problem };
  const scope = text(query, 'scope');
  const consentId = /^AIS: ?(\S+)$/.exec(scope)?.[1] ?? '';
  const consent = findConsent(sandbox, bank, consentId);
  if (consent === undefined || scope !== consentScope(bank, consentId))
    return { kind: 'stays', problem: 'unknownConsent' };
  const redirectUri = text(query, 'redirect_uri');
  if (redirectUri !== consent.returnTo?.redirectUri) return { kind: 'stays', problem: 'foreignRedirectUri' };
  const error = problemOf(query) ?? (consent.status === 'received' ? undefined : 'invalid_scope');
  if (error !== undefined) return sentBack(query, redirectUri, error);
  return { kind: 'accepted', consent, oauth: requestIn(query) };
}

/**
 * The same for a sign-in before there is a consent (OAuth2 pre-step). Real banks know the TPP's redirect URIs
 * from its registration; this one takes any address that could be one.
 */
export function checkSignInRequest(bank: Bank, query: Query): AuthorizeAnswer {
  const client = clientOf(query);
  if (client.problem !== undefined) return { kind: 'stays', problem: client.problem };
  const isForUs = !bank.deviations.authorizeNeedsBic || text(query, 'bic') === bank.bic;
  if (!isForUs) return { kind: 'stays', problem: 'unknownConsent' };
  const redirectUri = text(query, 'redirect_uri');
  if (!isReturnAddress(redirectUri)) return { kind: 'stays', problem: 'foreignRedirectUri' };
  const error =
    problemOf(query) ?? (text(query, 'scope') === preStepScope(bank) ? undefined : 'invalid_scope');
  return error === undefined
    ? { kind: 'accepted', oauth: requestIn(query) }
    : sentBack(query, redirectUri, error);
}

/** The same for scopes, at a bank where they are all that the PSU agrees to. It knows the applications that have been here. */
export function checkGrantingRequest(sandbox: Sandbox, bank: Bank, query: Query): AuthorizeAnswer {
  if (Object.values(query).some((value) => typeof value !== 'string'))
    return { kind: 'stays', problem: 'repeatedParameter' };
  if (!isKnownApplication(sandbox, bank, text(query, 'client_id')))
    return { kind: 'stays', problem: 'unknownClient' };
  const redirectUri = text(query, 'redirect_uri');
  if (!isReturnAddress(redirectUri)) return { kind: 'stays', problem: 'foreignRedirectUri' };
  const services = servicesIn(text(query, 'scope'));
  const error = problemOf(query) ?? (services === undefined ? 'invalid_scope' : undefined);
  if (services === undefined || error !== undefined)
    return sentBack(query, redirectUri, error ?? 'invalid_scope');
  return { kind: 'accepted', services, oauth: requestIn(query) };
}

/** Of a bank that has names of its own for two parameters, and does not know the usual ones. */
function fromCamelCase(query: Query): Query {
  const { response_type: _type, client_id: _client, responseType, clientId, ...others } = query;
  return { ...others, response_type: responseType ?? '', client_id: clientId ?? '' };
}

function clientOf(query: Query): { readonly problem?: PageProblem } {
  if (Object.values(query).some((value) => typeof value !== 'string'))
    return { problem: 'repeatedParameter' };
  return organisationIdentifier.test(text(query, 'client_id')) ? {} : { problem: 'unknownClient' };
}

function sentBack(query: Query, redirectUri: string, error: string): AuthorizeAnswer {
  const state = text(query, 'state');
  return { kind: 'sentBack', redirectUri, error, ...(state !== '' && { state }) };
}

function requestIn(query: Query): OAuthRequest {
  return {
    clientId: text(query, 'client_id'),
    redirectUri: text(query, 'redirect_uri'),
    state: text(query, 'state'),
    codeChallenge: text(query, 'code_challenge'),
  };
}

/** The OAuth error that a well-addressed request earns; undefined if all is right. */
function problemOf(query: Query): string | undefined {
  if (query.request !== undefined || query.request_uri !== undefined) return 'request_not_supported';
  if (text(query, 'response_type') !== 'code') return 'unsupported_response_type';
  if (text(query, 'state') === '') return 'invalid_request';
  // RFC 7636: S256 and nothing weaker; a missing method would mean `plain`.
  if (text(query, 'code_challenge_method') !== 'S256') return 'invalid_request';
  return s256Challenge.test(text(query, 'code_challenge')) ? undefined : 'invalid_request';
}

function text(query: Query, name: string): string {
  const value = query[name];
  return typeof value === 'string' ? value : '';
}

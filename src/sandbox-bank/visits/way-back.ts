import type { Bank } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent, ReturnAddresses } from '../consents/consent.ts';
import type { FaultName } from '../control/faults.ts';
import { randomToken } from '../ids.ts';
import { issueCode } from '../oauth/grant-service.ts';
import type { Sandbox } from '../sandbox.ts';
import type { OAuthRequest, Visit } from './visit.ts';

export interface Outcome {
  readonly outcome: 'confirmed' | 'declined';
  /** For the TPP to confirm with, at a bank that wants that. */
  readonly confirmationCode?: string;
}

/** Where the browser goes when the PSU has decided. Faults set for the callback have their way here. */
export function wayBack(
  sandbox: Sandbox,
  bank: Bank,
  visit: Visit,
  consent: Consent,
  authorisation: Authorisation,
  result: Outcome,
): string {
  if (visit.oauth === undefined) return plainReturn(authorisation.returnTo ?? consent.returnTo, result);
  const answer =
    result.outcome === 'confirmed'
      ? { code: issueCode(sandbox, bank, { consentId: visit.consentId }, visit.oauth) }
      : { error: 'access_denied' };
  return oauthReturn(sandbox, bank, visit.oauth, answer);
}

/** A request that could not be served goes back at once, with an OAuth error. */
export function errorReturn(
  sandbox: Sandbox,
  bank: Bank,
  redirectUri: string,
  error: string,
  state?: string,
): string {
  return withParameters(redirectUri, {
    error,
    ...(state !== undefined && { state }),
    ...issuerOf(sandbox, bank),
  });
}

/** `iss` lets the client see which bank answered (RFC 9207); one without metadata has told nobody its name. */
function issuerOf({ addresses }: Sandbox, bank: Bank): Parameters {
  return bank.deviations.withoutConsents ? {} : { iss: addresses.issuer(bank) };
}

/** A sign-in before there is a consent leads back with a code for the customer. */
export function signInReturn(sandbox: Sandbox, bank: Bank, oauth: OAuthRequest, userName?: string): string {
  const answer: Parameters =
    userName === undefined
      ? { error: 'access_denied' }
      : { code: issueCode(sandbox, bank, { userName }, oauth) };
  return oauthReturn(sandbox, bank, oauth, answer);
}

/**
 * Plain redirect: the TPP's addresses as it gave them, with nothing added (guidelines section 5.1.2) but the
 * code for the TPP to confirm with.
 */
function plainReturn(returnTo: ReturnAddresses | undefined, { outcome, confirmationCode }: Outcome): string {
  if (returnTo === undefined) throw new Error('a redirect without a way back');
  if (outcome === 'declined') return returnTo.nokRedirectUri ?? returnTo.redirectUri;
  if (confirmationCode === undefined) return returnTo.redirectUri;
  return withParameters(returnTo.redirectUri, { confirmationCode });
}

function oauthReturn(sandbox: Sandbox, bank: Bank, { redirectUri, state }: OAuthRequest, answer: Parameters) {
  const parameters = { ...answer, state, ...issuerOf(sandbox, bank) };
  const fault = sandbox.faults.take(bank.slug, 'authorize', 'callback')?.fault;
  return withParameters(redirectUri, fault === undefined ? parameters : spoiled(parameters, fault));
}

type Parameters = Readonly<Record<string, string>>;

function spoiled(parameters: Parameters, fault: FaultName): Parameters {
  const { iss: _iss, ...withoutIss } = parameters;
  const { state: _state, ...withoutState } = parameters;
  switch (fault) {
    case 'wrong-iss':
      return { ...parameters, iss: 'https://another-bank.invalid' };
    case 'missing-iss':
      return withoutIss;
    case 'wrong-state':
      return { ...parameters, state: randomToken() };
    case 'missing-state':
      return withoutState;
    case 'wrong-code':
      return { ...parameters, code: randomToken() };
    default:
      return parameters;
  }
}

function withParameters(address: string, parameters: Parameters): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

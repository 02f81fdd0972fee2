import type { Bank } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { FaultName } from '../control/faults.ts';
import { randomToken } from '../ids.ts';
import { issueCode } from '../oauth/grant-service.ts';
import type { Sandbox } from '../sandbox.ts';
import type { OAuthRequest, Visit } from './visit.ts';

export type Outcome = 'confirmed' | 'declined';

/** Where the browser goes when the PSU has decided. Faults set for the callback have their way here. */
export function wayBack(
  sandbox: Sandbox,
  bank: Bank,
  visit: Visit,
  authorisation: Authorisation,
  outcome: Outcome,
) {
  if (visit.oauth === undefined) return plainReturn(authorisation, outcome);
  const answer =
    outcome === 'confirmed'
      ? { code: issueCode(sandbox, bank, visit.consentId, visit.oauth) }
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
    iss: sandbox.addresses.issuer(bank),
  });
}

/** Plain redirect: the TPP's addresses as it gave them, with nothing added (guidelines section 5.1.2). */
function plainReturn({ returnTo }: Authorisation, outcome: Outcome): string {
  return outcome === 'confirmed' ? returnTo.redirectUri : (returnTo.nokRedirectUri ?? returnTo.redirectUri);
}

function oauthReturn(sandbox: Sandbox, bank: Bank, { redirectUri, state }: OAuthRequest, answer: Parameters) {
  // `iss` lets the client see which bank answered (RFC 9207).
  const parameters = { ...answer, state, iss: sandbox.addresses.issuer(bank) };
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

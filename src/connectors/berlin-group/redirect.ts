import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { Profile } from './profiles.ts';

/**
 * Where the user comes back, if the bank redirects; some want to know it in any case. In a plain redirect the
 * state has to travel in the address itself; OAuth2 has a parameter for it.
 */
export function redirectHeaders(
  { sca }: Profile,
  { callbackUrl, state, nokState }: Pick<AuthorisationRequest, 'callbackUrl' | 'state' | 'nokState'>,
): Record<string, string> {
  if (sca === 'oauth-integrated') return { 'tpp-redirect-uri': callbackUrl };
  return {
    'tpp-redirect-uri': withState(callbackUrl, state),
    'tpp-nok-redirect-uri': withState(callbackUrl, nokState),
  };
}

function withState(url: string, state: string): string {
  return `${url}?${new URLSearchParams({ state })}`;
}

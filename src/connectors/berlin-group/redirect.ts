import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { Profile } from './profiles.ts';

/** Marks a return by way of TPP-Nok-Redirect-URI. A hint for words only: it decides nothing by itself. */
export const nokMark = { outcome: 'nok' } as const;

/**
 * Where the user comes back, if the bank redirects; some want to know it in any case. In a plain redirect the
 * state has to travel in the address itself; OAuth2 has a parameter for it.
 */
export function redirectHeaders(
  { sca }: Profile,
  { callbackUrl, state }: Pick<AuthorisationRequest, 'callbackUrl' | 'state'>,
): Record<string, string> {
  if (sca === 'oauth-integrated') return { 'tpp-redirect-uri': callbackUrl };
  return {
    'tpp-redirect-uri': withQuery(callbackUrl, { state }),
    'tpp-nok-redirect-uri': withQuery(callbackUrl, { state, ...nokMark }),
  };
}

function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  return `${url}?${new URLSearchParams(parameters)}`;
}

import type { Step } from '../../banking/step.ts';
import { awaitingReturn, type BerlinGroupAttempt } from './attempt.ts';
import type { Connection } from './client.ts';
import { authorisationUrl, discover, newCodeVerifier } from './oauth.ts';

/**
 * Sends the user to the authorisation server behind this metadata: for the consent, or, where there is none
 * yet, for a token that comes before it (guidelines section 5.3, OAuth2 as a pre-step).
 */
export async function oauthRedirect(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  metadataUrl: string,
): Promise<Step> {
  const { scope, prestepScope } = connection.profile;
  const server = await discover(connection, metadataUrl);
  const { state, callbackUrl: redirectUri } = attempt.request;
  const codeVerifier = newCodeVerifier();
  const { consent } = attempt;
  const url = await authorisationUrl(connection, server, {
    scope: consent === undefined ? prestepScope : scope.replace('{consentId}', () => consent.consentId),
    state,
    codeVerifier,
    redirectUri,
  });
  const { authorizationEndpoint: _, ...kept } = server;
  const oauth = { server: kept, codeVerifier, redirectUri };
  return { kind: 'redirect', url, attempt: { ...awaitingReturn(attempt), oauth } };
}

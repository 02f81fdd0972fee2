import type { AuthorisationRequest } from '../../banking/connector.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Step } from '../../banking/step.ts';
import type { BerlinGroupAttempt } from './attempt.ts';
import { type Connection, callBank, jsonOf } from './client.ts';
import { type CreatedConsent, createConsent, endQuietly, refusalReason } from './consent.ts';
import { linkTo } from './links.ts';
import { authorisationUrl, discover, newCodeVerifier } from './oauth.ts';

/** Marks a return by way of TPP-Nok-Redirect-URI. A hint for words only: it decides nothing by itself. */
export const nokMark = { outcome: 'nok' } as const;

/** Creates the consent and says where its user has to go: by plain redirect or by OAuth2 redirect. */
export async function begin(connection: Connection, request: AuthorisationRequest): Promise<Step> {
  const created = await createConsent(connection, request, redirectHeaders(connection, request));
  if (created.status !== 'created' && created.status !== 'authorised') {
    return { kind: 'refused', reason: refusalReason(created.status) };
  }
  try {
    return connection.profile.sca === 'redirect'
      ? await redirectStep(connection, request, created)
      : await oauthStep(connection, request, created);
  } catch (failure) {
    await endQuietly(connection, created.consentUrl);
    throw failure;
  }
}

/** In a plain redirect the state has to travel in the address itself; OAuth2 has a parameter for it. */
function redirectHeaders(connection: Connection, request: AuthorisationRequest): Record<string, string> {
  const { callbackUrl, state } = request;
  if (connection.profile.sca === 'oauth-integrated') return { 'tpp-redirect-uri': callbackUrl };
  return {
    'tpp-redirect-uri': withQuery(callbackUrl, { state }),
    'tpp-nok-redirect-uri': withQuery(callbackUrl, { state, ...nokMark }),
  };
}

async function redirectStep(
  connection: Connection,
  request: AuthorisationRequest,
  created: CreatedConsent,
): Promise<Step> {
  const url = await startLink(connection, request, created, 'scaRedirect');
  return { kind: 'redirect', url, attempt: attemptFrom(request, created) };
}

async function oauthStep(
  connection: Connection,
  request: AuthorisationRequest,
  created: CreatedConsent,
): Promise<Step> {
  const server = await discover(connection, await startLink(connection, request, created, 'scaOAuth'));
  const { consentId } = created;
  const { state, callbackUrl: redirectUri } = request;
  const codeVerifier = newCodeVerifier();
  const url = await authorisationUrl(connection, server, { consentId, state, codeVerifier, redirectUri });
  const { authorizationEndpoint: _, ...kept } = server;
  const oauth = { server: kept, codeVerifier, redirectUri };
  return { kind: 'redirect', url, attempt: { ...attemptFrom(request, created), oauth } };
}

/** The link that lets the user authenticate: at once, or after an authorisation was started explicitly. */
async function startLink(
  connection: Connection,
  request: AuthorisationRequest,
  created: CreatedConsent,
  relation: 'scaRedirect' | 'scaOAuth',
): Promise<string> {
  const { profile } = connection;
  const implicit = linkTo(profile, created.answer, relation);
  if (implicit !== undefined) return implicit;
  const operation = 'start authorisation';
  const start = linkTo(profile, created.answer, 'startAuthorisation');
  const { psu } = request;
  const headers = redirectHeaders(connection, request);
  const call = { operation, method: 'POST', psu, headers, json: {} } as const;
  const answer = start === undefined ? undefined : await callBank(connection, { ...call, url: start });
  const link = answer && linkTo(profile, jsonOf(connection, operation, answer, false), relation);
  if (link !== undefined) return link;
  throw new BankFailure(
    'operator-fault',
    `${operation}: the bank does not offer the SCA approach of its profile`,
  );
}

function attemptFrom(request: AuthorisationRequest, created: CreatedConsent): BerlinGroupAttempt {
  const { consentId, consentUrl, statusUrl, validUntil } = created;
  const ongoing = request.access.kind === 'ongoing';
  return { consentId, consentUrl, statusUrl, validUntil, ongoing, state: request.state };
}

function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  return `${url}?${new URLSearchParams(parameters)}`;
}

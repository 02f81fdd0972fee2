import {
  AuthorizationResponseError,
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  clientCredentialsGrantRequest,
  processAuthorizationCodeResponse,
  processClientCredentialsResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
  validateAuthResponse,
} from 'oauth4webapi';
import { BankFailure } from '../../banking/failure.ts';
import type { RefusalReason } from '../../banking/step.ts';
import { randomToken } from '../../core/ids.ts';
import { isAccessToken } from './access-token.ts';
import type { AuthorisationServer, BerlinGroupAttempt, Tokens } from './attempt.ts';
import { type Connection, type JsonAnswer, jsonOf, sendToBank } from './client.ts';
import { kindOf, unreadable } from './errors.ts';
import { textOf } from './json.ts';
import { isBankUrl } from './links.ts';
import type { Profile } from './profiles.ts';
import { tokenClient } from './token-client.ts';

const metadataOperation = 'read OAuth metadata';
const tokenOperation = 'call token endpoint';

export interface DiscoveredServer extends AuthorisationServer {
  readonly authorizationEndpoint: string;
}

/** The authorisation server behind a consent's `scaOAuth` link, which is the address of its RFC 8414 metadata. */
export async function discover(connection: Connection, metadataUrl: string): Promise<DiscoveredServer> {
  const answer = await sendToBank(connection, metadataOperation, {
    method: 'GET',
    url: metadataUrl,
    headers: { accept: 'application/json' },
    timeoutMs: connection.limits.timeoutMs,
  });
  const metadata = jsonOf(connection, metadataOperation, answer, false);
  const issuer = textOf(metadata.json, 'issuer');
  if (issuer === undefined || !isIssuerOf(issuer, metadataUrl) || !isBankUrl(connection.profile, issuer)) {
    // RFC 8414 section 3.3: metadata of another issuer must not be used.
    throw new BankFailure('operator-fault', `${metadataOperation}: they are another issuer's`);
  }
  const methods = metadata.json.code_challenge_methods_supported;
  if (Array.isArray(methods) && !methods.includes('S256')) {
    throw new BankFailure('operator-fault', `${metadataOperation}: the server does not do PKCE with S256`);
  }
  return {
    issuer,
    authorizationEndpoint: endpoint(connection, metadata, 'authorization_endpoint'),
    tokenEndpoint: connection.profile.tokenEndpoint ?? endpoint(connection, metadata, 'token_endpoint'),
    namesItself: metadata.json.authorization_response_iss_parameter_supported === true,
  };
}

function endpoint(connection: Connection, metadata: JsonAnswer, name: string): string {
  const url = textOf(metadata.json, name);
  if (url === undefined) throw unreadable(metadataOperation, `${name} is missing`, metadata.status);
  if (isBankUrl(connection.profile, url)) return url;
  throw new BankFailure(
    'operator-fault',
    `${metadataOperation}: ${name} is on a host that the profile does not name`,
  );
}

/**
 * RFC 8414 section 3 puts the well-known part between host and path; the Berlin Group's own example puts it
 * behind the path. Both name one issuer. An address without that part vouches for nothing but its host.
 */
function isIssuerOf(issuer: string, metadataUrl: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const url = new URL(metadataUrl);
  const match = /^(.*)\/\.well-known\/(?:oauth-authorization-server|openid-configuration)(.*)$/.exec(
    url.pathname,
  );
  if (!match) return new URL(issuer).origin === url.origin;
  return issuer.replace(/\/$/, '') === `${url.origin}${match[1]}${match[2]}`.replace(/\/$/, '');
}

/** 256 bits, RFC 7636 section 7.1. */
export function newCodeVerifier(): string {
  return randomToken(256);
}

/** Where the user is sent: RFC 6749 section 4.1.1, RFC 7636. */
export async function authorisationUrl(
  connection: Connection,
  server: DiscoveredServer,
  attempt: { scope: string; state: string; codeVerifier: string; redirectUri: string },
): Promise<string> {
  const { authorizeNames, authorizeParameters } = connection.profile;
  const isCamelCase = authorizeNames === 'camel-case';
  const url = new URL(server.authorizationEndpoint);
  const parameters = {
    ...authorizeParameters,
    [isCamelCase ? 'responseType' : 'response_type']: 'code',
    [isCamelCase ? 'clientId' : 'client_id']: connection.clientId,
    scope: attempt.scope,
    state: attempt.state,
    redirect_uri: attempt.redirectUri,
    code_challenge: await calculatePKCECodeChallenge(attempt.codeVerifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

type OAuthAttempt = NonNullable<BerlinGroupAttempt['oauth']>;

/**
 * Turns the bank's return into tokens, or into the reason why there are none.
 * @throws BankFailure user-must-act if the return is not the answer to this attempt (`state`, RFC 9207 `iss`)
 */
export async function redeem(
  connection: Connection,
  oauth: OAuthAttempt,
  state: string,
  query: Readonly<Record<string, string>>,
): Promise<Tokens | RefusalReason> {
  const server = serverOf(oauth.server);
  const validated = validatedReturn(server, { client_id: connection.clientId }, query, state);
  if (typeof validated === 'string') return validated;
  const { client, auth, options } = await tokenClient(connection);
  const { redirectUri, codeVerifier } = oauth;
  const response = () =>
    authorizationCodeGrantRequest(server, client, auth, validated, redirectUri, codeVerifier, options);
  return tokensFrom(async () => processAuthorizationCodeResponse(server, client, await response()));
}

/** New tokens for an old refresh token. The old one may be void from here on. */
export async function refresh(
  connection: Connection,
  server: AuthorisationServer,
  refreshToken: string,
): Promise<Tokens> {
  const as = serverOf(server);
  const { client, auth, options } = await tokenClient(connection);
  const response = () => refreshTokenGrantRequest(as, client, auth, refreshToken, options);
  const renewed = await tokensFrom(async () => processRefreshTokenResponse(as, client, await response()));
  return { refreshToken, ...renewed };
}

/** A token for the TPP itself (RFC 6749 section 4.4), for banks that want one before there is a consent. */
export async function tppToken(
  connection: Connection,
  { tokenEndpoint, scope }: NonNullable<Profile['clientCredentials']>,
): Promise<Tokens> {
  const as = { issuer: new URL(tokenEndpoint).origin, token_endpoint: tokenEndpoint };
  const { client, auth, options } = await tokenClient(connection, false);
  const parameters: Record<string, string> = scope === undefined ? {} : { scope };
  const response = () => clientCredentialsGrantRequest(as, client, auth, parameters, options);
  return tokensFrom(async () => processClientCredentialsResponse(as, client, await response()));
}

/**
 * Voids these tokens (RFC 7009): the refresh token, and what was got by it; where there is none, the access token. One
 * that is void already is none that a server would complain of.
 */
export async function revoke(
  connection: Connection,
  revocationEndpoint: string,
  { accessToken, refreshToken }: Tokens,
): Promise<void> {
  const as = { issuer: new URL(revocationEndpoint).origin, revocation_endpoint: revocationEndpoint };
  const { client, auth, options } = await tokenClient(connection, false);
  const hint = refreshToken === undefined ? 'access_token' : 'refresh_token';
  const additionalParameters = { token_type_hint: hint };
  const how = { ...options, additionalParameters };
  await revocationRequest(as, client, auth, refreshToken ?? accessToken, how);
}

function validatedReturn(
  server: AuthorizationServer,
  client: { client_id: string },
  query: Readonly<Record<string, string>>,
  state: string,
): URLSearchParams | RefusalReason {
  try {
    const validated = validateAuthResponse(server, client, new URLSearchParams(query), state);
    if (validated.has('code')) return validated;
  } catch (thrown) {
    if (thrown instanceof AuthorizationResponseError) return refusalFrom(thrown.error);
  }
  throw new BankFailure('user-must-act', 'the return from the bank is not the answer to this attempt');
}

/** RFC 6749 section 4.1.2.1. Codes that are not known say no all the same. */
function refusalFrom(error: string): RefusalReason {
  if (error === 'access_denied') return 'cancelled';
  const kind = kindOf(error);
  if (kind === undefined) return 'denied';
  throw new BankFailure(kind, 'the bank did not authorise', { bankCode: error });
}

async function tokensFrom(process: () => Promise<TokenEndpointResponse>): Promise<Tokens> {
  try {
    const { access_token: accessToken, refresh_token: refreshToken, ...answer } = await process();
    const livesSeconds = refreshToken ? answer.refresh_token_expires_in : answer.expires_in;
    if (isAccessToken(accessToken))
      return {
        accessToken,
        ...(refreshToken && { refreshToken }),
        ...(typeof livesSeconds === 'number' && livesSeconds > 0 && { livesSeconds }),
      };
  } catch (thrown) {
    if (thrown instanceof BankFailure) throw thrown;
    // The library's error holds the answer, and the answer may hold tokens: it ends here.
  }
  throw unreadable(tokenOperation, 'the answer is not a token answer of RFC 6749');
}

function serverOf(server: AuthorisationServer): AuthorizationServer {
  return {
    issuer: server.issuer,
    token_endpoint: server.tokenEndpoint,
    authorization_response_iss_parameter_supported: server.namesItself,
  };
}

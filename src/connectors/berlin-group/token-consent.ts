import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { BankConsent, ConsentAccess, ConsentStatus, PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Step } from '../../banking/step.ts';
import { uuidv7 } from '../../core/ids.ts';
import { type Application, applicationAt, refusedAs, sendAsApplication } from './application.ts';
import {
  awaitingReturn,
  type BerlinGroupAttempt,
  credentialsOf,
  newAttempt,
  requestOf,
  type Tokens,
} from './attempt.ts';
import { endOfLocalDate } from './calendar.ts';
import { type Connection, failureOf, jsonOf } from './client.ts';
import type { ConsentedClient } from './consented-client.ts';
import { validUntilOf } from './create-consent.ts';
import { unreadable } from './errors.ts';
import { textOf } from './json.ts';
import { mayLeadTo } from './links.ts';
import { authorisationUrl, type DiscoveredServer, discover, newCodeVerifier, revoke } from './oauth.ts';
import { scopeOf } from './token-consent-profile.ts';

/**
 * Sends the user to agree to scopes, at a bank that has no consents to create. Nothing of it is at the bank until he
 * is back and his code has been changed for tokens.
 */
export async function beginForTokens(connection: Connection, request: AuthorisationRequest): Promise<Step> {
  const attempt = newAttempt(request);
  const { state, callbackUrl: redirectUri } = request;
  const scope = scopeOf(connection.profile, request.permissions);
  const { clientId, server } = await serverFor(connection, { scope, redirectUri });
  const codeVerifier = newCodeVerifier();
  const asClient = { ...connection, clientId };
  const url = await authorisationUrl(asClient, server, { scope, state, codeVerifier, redirectUri });
  const { authorizationEndpoint: _, ...kept } = server;
  const oauth = { server: kept, codeVerifier, redirectUri };
  return { kind: 'redirect', url, attempt: { ...awaitingReturn(attempt), clientId, oauth } };
}

/** Where the user agrees, and as whom he knows us there. */
async function serverFor(
  connection: Connection,
  asked: { readonly scope: string; readonly redirectUri: string },
): Promise<{ clientId: string; server: DiscoveredServer }> {
  const { profile, clientId } = connection;
  const { authorisationEndpoint, authorisationServer, tokenEndpoint } = profile;
  if (authorisationServer !== undefined)
    return { clientId, server: await discover(connection, authorisationServer) };
  if (tokenEndpoint === undefined) throw new BankFailure('our-bug', 'the profile names no token endpoint');
  const { origin: issuer } = new URL(tokenEndpoint);
  const server = { issuer, tokenEndpoint, namesItself: false };
  if (authorisationEndpoint !== undefined && profile.signing !== 'http-signature')
    return { clientId, server: { ...server, authorizationEndpoint: authorisationEndpoint } };
  const application = await applicationAt(connection);
  const authorizationEndpoint = authorisationEndpoint ?? (await askedPage(connection, application, asked));
  return { clientId: application.clientId, server: { ...server, authorizationEndpoint } };
}

/** The page that the bank has for these scopes: its answer is `{location}`. */
async function askedPage(
  connection: Connection,
  application: Application,
  { scope, redirectUri }: { readonly scope: string; readonly redirectUri: string },
): Promise<string> {
  const operation = 'ask for authorisation page';
  const { authorisationUrlEndpoint: endpoint } = connection.profile;
  if (endpoint === undefined) throw new BankFailure('our-bug', `${operation}: the profile names no endpoint`);
  const query = new URLSearchParams({ scope, redirect_uri: redirectUri });
  const answer = await sendAsApplication(connection, application, operation, {
    method: 'GET',
    url: `${endpoint}?${query}`,
    headers: { accept: 'application/json' },
    timeoutMs: connection.limits.timeoutMs,
    maxBodyBytes: connection.limits.maxBodyBytes,
  });
  if (answer.status >= 400) throw refusedAs('operator-fault', connection, operation, answer);
  const location = textOf(jsonOf(connection, operation, answer, false).json, 'location', 4_000);
  const page = location === undefined ? null : URL.parse(location, endpoint);
  if (page === null) throw unreadable(operation, 'the answer names no page', answer.status);
  if (mayLeadTo(connection.profile, page.href)) return page.href;
  throw new BankFailure('operator-fault', `${operation}: it is on a host that the profile does not name`);
}

/** A consent of these tokens. Its id is ours: the bank has none. */
export function tokenConsent(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  tokens: Tokens,
  psu: PsuContext,
): BankConsent {
  const { clock, profile } = connection;
  const { server, clientId } = attempt;
  const now = clock.now();
  const agreed = endOfLocalDate(validUntilOf(connection, requestOf(attempt, psu)), profile.timeZone);
  const { livesSeconds } = tokens;
  const tokensEnd = livesSeconds === undefined ? agreed : new Date(now.getTime() + livesSeconds * 1_000);
  return {
    bankConsentId: uuidv7(now),
    expiresAt: tokensEnd < agreed ? tokensEnd : agreed,
    credentials: { tokens, ...(server && { server }), ...(clientId !== undefined && { clientId }) },
  };
}

/**
 * By whether the tokens can be renewed, which no bank counts as a read. Why they cannot is told by the time alone: before
 * its end a consent must have been revoked.
 */
export async function statusOfTokens(
  connection: Connection,
  access: ConsentAccess,
  client: ConsentedClient,
): Promise<ConsentStatus> {
  if (client.hasRunOut) return 'expired';
  try {
    if (await client.renewTokens()) return 'authorised';
  } catch (thrown) {
    if (thrown instanceof BankFailure && thrown.kind === 'user-must-act') return 'revoked';
    throw thrown;
  }
  return access.psu === null ? 'authorised' : statusByReading(connection, client);
}

/** Of tokens that are not renewed, while the user is there: without him it would be one of the reads that are counted. */
async function statusByReading(connection: Connection, client: ConsentedClient): Promise<ConsentStatus> {
  const operation = 'read consent status';
  const answer = await client.read(operation, `${connection.profile.baseUrl}/accounts`);
  if (answer.status === 200 || answer.status === 404) return 'authorised';
  const failure = failureOf(connection, operation, answer, true);
  if (failure.kind === 'user-must-act') return 'revoked';
  throw failure;
}

/** Nothing is told to a bank that has no place for it: there the tokens end by themselves, and by being forgotten. */
export async function revokeTokens(connection: Connection, access: ConsentAccess): Promise<void> {
  const { revocationEndpoint } = connection.profile;
  const { tokens } = credentialsOf(access.consent);
  if (revocationEndpoint === undefined || tokens === undefined) return;
  await access.beforeCall();
  await revoke(connection, revocationEndpoint, tokens);
}

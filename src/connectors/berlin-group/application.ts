import { BankFailure } from '../../banking/failure.ts';
import type { OutboundRequest } from '../../platform/outbound/outbound.ts';
import { accessTokenIn } from './access-token.ts';
import { type Connection, failureOf, jsonOf, sendToBank } from './client.ts';
import { type BankAnswer, codesOf, passes, unreadable } from './errors.ts';
import { textOf } from './json.ts';
import { sealHeaders } from './signature.ts';
import { clientIdPattern } from './signature-profile.ts';

/**
 * Ourselves, as a bank of `signing: http-signature` knows us (ING; its OAuth 2.0 API 2.3.5 at developer.ing.com).
 * Its OAuth endpoints take calls of an application only: with its token, and signed with its key.
 */
export interface Application {
  /** Our client id there; from here on it names our key as well. */
  readonly clientId: string;
  readonly accessToken: string;
}

const tokenOperation = 'get application token';

const keyName = new RegExp(clientIdPattern);

/**
 * A new token of our own by client credentials (RFC 6749 section 4.4). The proof is the signature, which is the
 * authorisation here: `Authorization: Signature ...` (draft-cavage-http-signatures-10, section 3.1).
 * @throws BankFailure operator-fault where the bank does not know us by it
 */
export async function applicationAt(connection: Connection): Promise<Application> {
  const { clientCredentials, clientId: registered } = connection.profile;
  if (clientCredentials === undefined)
    throw new BankFailure('our-bug', `${tokenOperation}: the profile names no endpoint`);
  const { tokenEndpoint: url, scope } = clientCredentials;
  const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
  const request = formRequest(connection, url, form);
  const { signature, ...headers } = await signedHeaders(connection, request, registered);
  const authorization = `Signature ${signature}`;
  const answer = await sendToBank(connection, tokenOperation, {
    ...request,
    headers: { ...headers, authorization },
  });
  if (answer.status >= 400) throw refusedAs('operator-fault', connection, tokenOperation, answer);
  const { json, status } = jsonOf(connection, tokenOperation, answer, false);
  const accessToken = accessTokenIn(json);
  const clientId = textOf(json, 'client_id') ?? registered ?? connection.clientId;
  if (accessToken !== undefined && keyName.test(clientId)) return { clientId, accessToken };
  throw unreadable(tokenOperation, 'the answer holds no token of an application', status);
}

/** A call of an OAuth endpoint as this application. */
export async function sendAsApplication(
  connection: Connection,
  { clientId, accessToken }: Application,
  operation: string,
  request: OutboundRequest,
): Promise<BankAnswer> {
  const dated = { ...request, headers: { ...request.headers, date: dateOf(connection) } };
  const headers = await signedHeaders(connection, dated, clientId);
  const authorization = `Bearer ${accessToken}`;
  return sendToBank(connection, operation, { ...dated, headers: { ...headers, authorization } });
}

/**
 * These banks say no with a status and words for people. Coming from an endpoint where that can mean one thing only, it
 * is a failure of this kind; whatever else the answer is, by its own code or status.
 */
export function refusedAs(
  kind: 'operator-fault' | 'user-must-act',
  connection: Connection,
  operation: string,
  answer: BankAnswer,
): BankFailure {
  const { status: httpStatus } = answer;
  if (httpStatus < 400 || passes(httpStatus) || codesOf(answer).length > 0)
    return failureOf(connection, operation, answer, kind === 'user-must-act');
  return new BankFailure(kind, `${operation}: the bank answered ${httpStatus}`, { httpStatus });
}

function formRequest(connection: Connection, url: string, form: Record<string, string>): OutboundRequest {
  return {
    method: 'POST',
    url,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      date: dateOf(connection),
    },
    body: new URLSearchParams(form).toString(),
    timeoutMs: connection.limits.timeoutMs,
    maxBodyBytes: connection.limits.maxBodyBytes,
  };
}

/** Its day has two digits (RFC 9110 section 5.6.7), which not every date of a library has. */
function dateOf({ clock }: Connection): string {
  return clock.now().toUTCString();
}

async function signedHeaders(
  { identity, profile }: Connection,
  request: OutboundRequest,
  keyId: string | undefined,
): Promise<Record<string, string>> {
  if (identity?.seal === undefined) throw new BankFailure('our-bug', 'no key to sign with');
  return { ...request.headers, ...(await sealHeaders(request, identity.seal, profile.signedHeaders, keyId)) };
}

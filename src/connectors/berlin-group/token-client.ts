import { allowInsecureRequests, type ClientAuth, customFetch, None } from 'oauth4webapi';
import type { BankFailure } from '../../banking/failure.ts';
import type { OutboundRequest } from '../../platform/outbound/outbound.ts';
import { applicationAt, refusedAs, sendAsApplication } from './application.ts';
import { type Connection, failureOf, sendToBank } from './client.ts';
import type { BankAnswer } from './errors.ts';

const tokenOperation = 'call token endpoint';

/** As whom an OAuth endpoint is called, and how that is shown. */
export interface TokenClient {
  readonly client: { readonly client_id: string };
  readonly auth: ClientAuth;
  readonly options: ReturnType<typeof fetchBy>;
}

/** By our certificate alone (RFC 8705), or as the application that we are there. */
export async function tokenClient(connection: Connection, underConsent = true): Promise<TokenClient> {
  if (connection.profile.signing !== 'http-signature') {
    const client = { client_id: connection.clientId };
    const send: Send = (request) => sendToBank(connection, tokenOperation, request);
    const refused: Refused = (answer) => failureOf(connection, tokenOperation, answer, underConsent);
    return { client, auth: None(), options: fetchBy(connection, send, refused) };
  }
  const application = await applicationAt(connection);
  const send: Send = (request) => sendAsApplication(connection, application, tokenOperation, request);
  // It has just taken us for who we are: what it does not take is the user's code or token.
  const kind = underConsent ? 'user-must-act' : 'operator-fault';
  const refused: Refused = (answer) => refusedAs(kind, connection, tokenOperation, answer);
  const options = fetchBy(connection, send, refused);
  // The application's own token says who we are: the form names no client.
  return { client: { client_id: application.clientId }, auth: () => undefined, options };
}

type Send = (request: OutboundRequest) => Promise<BankAnswer>;
type Refused = (answer: BankAnswer) => BankFailure;

/** Our own checks of URL and size stand where the library would insist on https by itself. */
function fetchBy({ limits }: Connection, send: Send, refused: Refused) {
  const fetchToken: typeof fetch = async (url, init) => {
    const answer = await send({
      method: 'POST',
      url: String(url),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: String(init?.body),
      timeoutMs: limits.timeoutMs,
      maxBodyBytes: limits.maxBodyBytes,
    });
    if (answer.status !== 200) throw refused(answer);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };
  return { [customFetch]: fetchToken, [allowInsecureRequests]: true };
}

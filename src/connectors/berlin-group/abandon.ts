import { BankFailure } from '../../banking/failure.ts';
import type { BerlinGroupAttempt } from './attempt.ts';
import { type Connection, callBank } from './client.ts';
import { type ConsentCall, endConsent } from './consent.ts';
import { refresh, tppToken } from './oauth.ts';

/** Ends the consent of an attempt that led to nothing, however long ago that was: its token may be over. */
export async function abandon(connection: Connection, attempt: BerlinGroupAttempt): Promise<void> {
  const { consent } = attempt;
  if (consent === undefined) return;
  const end = (accessToken: string | undefined) => {
    const send: ConsentCall = (call) => callBank(connection, { ...call, psu: null, accessToken });
    return endConsent(connection, consent.consentUrl, send);
  };
  try {
    await end(attempt.tokens?.accessToken);
  } catch (thrown) {
    if (!isTokenRefused(thrown)) throw thrown;
    await end(await freshToken(connection, attempt));
  }
}

async function freshToken(
  connection: Connection,
  { server, tokens }: BerlinGroupAttempt,
): Promise<string | undefined> {
  const { clientCredentials } = connection.profile;
  if (clientCredentials !== undefined) return (await tppToken(connection, clientCredentials)).accessToken;
  if (server === undefined || tokens?.refreshToken === undefined) return undefined;
  return (await refresh(connection, server, tokens.refreshToken)).accessToken;
}

function isTokenRefused(thrown: unknown): boolean {
  return thrown instanceof BankFailure && thrown.details.httpStatus === 401;
}

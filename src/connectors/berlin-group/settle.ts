import type { BankConsent, PsuContext } from '../../banking/consent.ts';
import type { Step } from '../../banking/step.ts';
import type { ConsentedAttempt } from './attempt.ts';
import { endOfLocalDate } from './calendar.ts';
import { type Connection, callBank } from './client.ts';
import { type ConsentCall, endQuietly, grantedUntil, refusalReason, settledStatus } from './consent.ts';

/** The calls about the consent of an attempt, with the token that it has. */
export function callsAbout(
  connection: Connection,
  { tokens }: ConsentedAttempt,
  psu: PsuContext,
): ConsentCall {
  return (call) => callBank(connection, { ...call, psu, accessToken: tokens?.accessToken });
}

/** The user has done his part: the consent's own status decides what came of it. */
export async function settle(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
  patience: 'ask once' | 'ask until settled',
): Promise<Step> {
  const { consentUrl, statusUrl } = attempt.consent;
  const send = callsAbout(connection, attempt, psu);
  const forMs = patience === 'ask once' ? 0 : connection.limits.statusPollForMs;
  const status = await settledStatus(connection, statusUrl, send, forMs);
  if (status === 'authorised') {
    return { kind: 'authorised', consent: await consentFrom(connection, attempt, send) };
  }
  // Undecided after all that asking: it must not become valid when nobody looks any more.
  if (status === 'created') await endQuietly(connection, consentUrl, attempt.tokens?.accessToken);
  return { kind: 'refused', reason: refusalReason(status) };
}

async function consentFrom(
  connection: Connection,
  { consent, request, tokens, server }: ConsentedAttempt,
  send: ConsentCall,
): Promise<BankConsent> {
  const { consentId, consentUrl, statusUrl, validUntil } = consent;
  // Only a lasting consent's end matters; a bank that does not tell it keeps what was asked for.
  const granted =
    request.validUntil === undefined
      ? undefined
      : await grantedUntil(connection, consentUrl, send).catch(() => undefined);
  const until = granted !== undefined && granted < validUntil ? granted : validUntil;
  return {
    bankConsentId: consentId,
    expiresAt: endOfLocalDate(until, connection.profile.timeZone),
    credentials: { consentUrl, statusUrl, ...(tokens && { tokens }), ...(server && { server }) },
  };
}

import type { BankConsent } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { BankReturn, ResumeInput, Step } from '../../banking/step.ts';
import type { BerlinGroupAttempt, Credentials } from './attempt.ts';
import { nokMark } from './authorize.ts';
import { endOfLocalDate } from './calendar.ts';
import { type Connection, callBank } from './client.ts';
import { type ConsentCall, endQuietly, grantedUntil, refusalReason, settledStatus } from './consent.ts';
import { redeem } from './oauth.ts';

/** The user is back. What the bank said through his browser is never believed: its interface is asked. */
export async function resume(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  input: ResumeInput,
): Promise<Step> {
  if (input.kind !== 'callback')
    throw new BankFailure('our-bug', 'this attempt waits for a return from the bank');
  return attempt.oauth === undefined
    ? resumeRedirect(connection, attempt, input)
    : resumeOauth(connection, attempt, attempt.oauth, input);
}

async function resumeRedirect(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  input: BankReturn,
): Promise<Step> {
  if (input.query.state !== attempt.state) {
    throw new BankFailure('user-must-act', 'the return from the bank is not the answer to this attempt');
  }
  const nok = input.query.outcome === nokMark.outcome;
  const step = await settle(connection, attempt, {}, input, nok ? 'ask once' : 'ask until settled');
  const cancelled = nok && step.kind === 'refused' && step.reason !== 'expired';
  return cancelled ? { kind: 'refused', reason: 'cancelled' } : step;
}

async function resumeOauth(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  oauth: NonNullable<BerlinGroupAttempt['oauth']>,
  input: BankReturn,
): Promise<Step> {
  const redeemed = await redeem(connection, oauth, attempt.state, input.query);
  if (typeof redeemed === 'string') {
    await endQuietly(connection, attempt.consentUrl);
    return { kind: 'refused', reason: redeemed };
  }
  const access = { tokens: redeemed, server: oauth.server };
  try {
    return await settle(connection, attempt, access, input, 'ask until settled');
  } catch (failure) {
    // The code is used up, so this cannot be tried again: a consent that nobody holds must not stay alive.
    await endQuietly(connection, attempt.consentUrl, redeemed.accessToken);
    throw failure;
  }
}

/** What an authorisation server gave, if one took part. */
type Access = Pick<Credentials, 'tokens' | 'server'>;

async function settle(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  access: Access,
  input: BankReturn,
  patience: 'ask once' | 'ask until settled',
): Promise<Step> {
  const { consentUrl, statusUrl } = attempt;
  const accessToken = access.tokens?.accessToken;
  const send: ConsentCall = (call) => callBank(connection, { ...call, psu: input.psu, accessToken });
  const forMs = patience === 'ask once' ? 0 : connection.limits.statusPollForMs;
  const status = await settledStatus(connection, statusUrl, send, forMs);
  if (status === 'authorised') {
    return { kind: 'authorised', consent: await consentFrom(connection, attempt, access, send) };
  }
  // Undecided after all that asking: it must not become valid when nobody looks any more.
  if (status === 'created') await endQuietly(connection, consentUrl, accessToken);
  return { kind: 'refused', reason: refusalReason(status) };
}

async function consentFrom(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  access: Access,
  send: ConsentCall,
): Promise<BankConsent> {
  const { consentId, consentUrl, statusUrl, validUntil, ongoing } = attempt;
  // Only a lasting consent's end matters; a bank that does not tell it keeps what was asked for.
  const granted = ongoing
    ? await grantedUntil(connection, consentUrl, send).catch(() => undefined)
    : undefined;
  const until = granted !== undefined && granted < validUntil ? granted : validUntil;
  return {
    bankConsentId: consentId,
    expiresAt: endOfLocalDate(until, connection.profile.timeZone),
    credentials: { consentUrl, statusUrl, ...access },
  };
}

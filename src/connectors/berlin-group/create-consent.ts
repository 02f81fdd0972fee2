import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { ConsentStatus } from '../../banking/consent.ts';
import type { PsuIdentity } from './attempt.ts';
import { localDate } from './calendar.ts';
import { type Connection, callBank, headerIfAny, type JsonAnswer, jsonOf } from './client.ts';
import { accessOf, statusOf } from './consent.ts';
import { unattendedPerDay } from './counted-read.ts';
import { type BankAnswer, unreadable } from './errors.ts';
import { textOf } from './json.ts';
import { linkTo } from './links.ts';
import type { Profile } from './profiles.ts';
import { psuIdentityHeaders } from './psu-identity.ts';
import { redirectHeaders } from './redirect.ts';

const dayMs = 86_400_000;

export const createConsentOperation = 'create consent';

export interface CreatedConsent {
  readonly consentId: string;
  readonly status: ConsentStatus;
  readonly consentUrl: string;
  readonly statusUrl: string;
  /** The bank's answer, for the links that start the authorisation. */
  readonly answer: JsonAnswer;
}

/** Who is known before the consent is. */
export interface Known {
  readonly psu?: PsuIdentity | undefined;
  readonly accessToken?: string | undefined;
  /** Of the accounts that the consent is to name. */
  readonly ibans?: readonly string[] | undefined;
}

/** POST /consents (schema `consents`): the bank's answer, whatever it is, and the date that was asked for. */
export async function postConsent(
  connection: Connection,
  request: AuthorisationRequest,
  { psu, accessToken, ibans }: Known,
): Promise<{ answer: BankAnswer; validUntil: string }> {
  const { profile } = connection;
  const body = consentBody(connection, request, ibans);
  const answer = await callBank(connection, {
    operation: createConsentOperation,
    method: 'POST',
    url: `${profile.baseUrl}/consents`,
    psu: { ...request.psu, acceptLanguage: request.psu.acceptLanguage ?? request.locale },
    headers: {
      ...preferences(profile),
      ...redirectHeaders(profile, request),
      ...(profile.psuIdOnConsent && psuIdentityHeaders(psu)),
      ...headerIfAny('tpp-brand-logging-information', connection.brandName),
    },
    json: body,
    accessToken,
  });
  return { answer, validUntil: body.validUntil };
}

/** What the TPP would rather have; the bank decides (guidelines section 6.3.1.1). */
function preferences({ sca }: Profile): Record<string, string> {
  if (sca === 'embedded') return { 'tpp-redirect-preferred': 'false', 'tpp-decoupled-preferred': 'false' };
  if (sca === 'decoupled') return { 'tpp-redirect-preferred': 'false', 'tpp-decoupled-preferred': 'true' };
  return { 'tpp-redirect-preferred': 'true' };
}

/** @throws BankFailure where there is no consent in the answer */
export function createdConsent(connection: Connection, answered: BankAnswer): CreatedConsent {
  const { profile } = connection;
  const answer = jsonOf(connection, createConsentOperation, answered, false);
  const consentId = textOf(answer.json, 'consentId');
  // It goes back to the bank in a header, where only visible ASCII may travel.
  if (consentId === undefined || !/^[\x21-\x7e]{1,256}$/.test(consentId)) {
    throw unreadable(createConsentOperation, 'the answer names no usable consent', answer.status);
  }
  const consentUrl =
    linkTo(profile, answer, 'self') ?? `${profile.baseUrl}/consents/${encodeURIComponent(consentId)}`;
  const statusUrl = linkTo(profile, answer, 'status') ?? `${consentUrl}/status`;
  return { consentId, status: statusOf(answer), consentUrl, statusUrl, answer };
}

function consentBody(connection: Connection, request: AuthorisationRequest, ibans: Known['ibans']) {
  const { profile } = connection;
  const recurring = request.access.kind === 'ongoing' || profile.recurring === 'always';
  return {
    access: accessOf(profile, request.permissions, ibans),
    recurringIndicator: recurring,
    validUntil: validUntilOf(connection, request),
    // One-off consents say 1.
    frequencyPerDay: recurring ? unattendedPerDay : 1,
    combinedServiceIndicator: false,
  };
}

/** The bank's local date. A one-off consent gets a day more than today: a read may fall behind midnight. */
export function validUntilOf(connection: Connection, request: AuthorisationRequest): string {
  const { profile, clock } = connection;
  const nowMs = clock.now().getTime();
  const longestMs = nowMs + profile.maxConsentDays * dayMs;
  const wantedMs = request.access.kind === 'ongoing' ? request.access.validUntil.getTime() : nowMs + dayMs;
  return localDate(new Date(Math.min(wantedMs, longestMs)), profile.timeZone);
}

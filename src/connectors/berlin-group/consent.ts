import { setTimeout as delay } from 'node:timers/promises';
import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { ConsentStatus } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Permission } from '../../banking/permission.ts';
import type { RefusalReason } from '../../banking/step.ts';
import { monotonicMs } from '../../core/clock.ts';
import { isIsoDate, localDate } from './calendar.ts';
import {
  type BankCall,
  type Connection,
  callBank,
  failureOf,
  headerIfAny,
  type JsonAnswer,
  jsonOf,
} from './client.ts';
import { unattendedPerDay } from './counted-read.ts';
import { type BankAnswer, codesOf, unreadable } from './errors.ts';
import { textOf } from './json.ts';
import { linkTo } from './links.ts';
import type { Profile } from './profiles.ts';

const dayMs = 86_400_000;

export interface CreatedConsent {
  readonly consentId: string;
  readonly status: ConsentStatus;
  readonly consentUrl: string;
  readonly statusUrl: string;
  readonly validUntil: string;
  /** The bank's answer, for the links that start the authorisation. */
  readonly answer: JsonAnswer;
}

/** POST /consents (schema `consents`). `redirectHeaders` say where the user comes back. */
export async function createConsent(
  connection: Connection,
  request: AuthorisationRequest,
  redirectHeaders: Readonly<Record<string, string>>,
): Promise<CreatedConsent> {
  const operation = 'create consent';
  const body = consentBody(connection, request);
  const answer = await callBank(connection, {
    operation,
    method: 'POST',
    url: `${connection.profile.baseUrl}/consents`,
    psu: { ...request.psu, acceptLanguage: request.psu.acceptLanguage ?? request.locale },
    headers: {
      'tpp-redirect-preferred': 'true',
      ...redirectHeaders,
      ...headerIfAny('tpp-brand-logging-information', connection.brandName),
    },
    json: body,
  });
  const read = jsonOf(connection, operation, answer, false);
  return { ...createdConsent(connection.profile, read), validUntil: body.validUntil };
}

function createdConsent(profile: Profile, answer: JsonAnswer): Omit<CreatedConsent, 'validUntil'> {
  const consentId = textOf(answer.json, 'consentId');
  // It goes back to the bank in a header, where only visible ASCII may travel.
  if (consentId === undefined || !/^[\x21-\x7e]{1,256}$/.test(consentId)) {
    throw unreadable('create consent', 'the answer names no usable consent', answer.status);
  }
  const consentUrl =
    linkTo(profile, answer, 'self') ?? `${profile.baseUrl}/consents/${encodeURIComponent(consentId)}`;
  const statusUrl = linkTo(profile, answer, 'status') ?? `${consentUrl}/status`;
  return { consentId, status: statusOf(answer), consentUrl, statusUrl, answer };
}

function consentBody(connection: Connection, request: AuthorisationRequest) {
  const ongoing = request.access.kind === 'ongoing';
  return {
    access: accessOf(connection.profile, request.permissions),
    recurringIndicator: ongoing,
    validUntil: validUntilOf(connection, request),
    // One-off consents say 1.
    frequencyPerDay: ongoing ? unattendedPerDay : 1,
    combinedServiceIndicator: false,
  };
}

/** Permissions in the standard's words (schema `accountAccess`). Accounts are part of every permission. */
function accessOf(profile: Profile, permissions: readonly Permission[]): Record<string, unknown> {
  const withOwner = profile.ownerName && permissions.includes('identity');
  if (profile.access !== 'bank-offered') {
    const service = profile.access === 'least' ? leastService(profile, permissions) : 'allPsd2';
    return { [service]: withOwner ? 'allAccountsWithOwnerName' : 'allAccounts' };
  }
  return {
    accounts: [],
    ...(permissions.includes('balances') && { balances: [] }),
    ...(permissions.includes('transactions') && { transactions: [] }),
    ...(withOwner && { additionalInformation: { ownerName: [] } }),
  };
}

/**
 * The narrowest of the standard's three global services. A list of available accounts names each account with
 * its owner, but does not open it: that is enough unless accounts must be read one by one.
 */
function leastService(profile: Profile, permissions: readonly Permission[]): string {
  if (permissions.includes('transactions') || profile.accountDetails === 'one-by-one') return 'allPsd2';
  if (!permissions.includes('balances')) return 'availableAccounts';
  // Cards have a list of their own, which opens with the cards; and some lists bring no balances.
  const needsMore = profile.cardAccounts || profile.balancesInList === 'never';
  return needsMore ? 'allPsd2' : 'availableAccountsWithBalance';
}

/** True where the consent for these permissions names accounts and opens none of them. */
export function opensOnlyTheList(profile: Profile, permissions: readonly Permission[]): boolean {
  return profile.access === 'least' && leastService(profile, permissions) !== 'allPsd2';
}

/** The bank's local date. A one-off consent gets a day more than today: a read may fall behind midnight. */
function validUntilOf(connection: Connection, request: AuthorisationRequest): string {
  const { profile, clock } = connection;
  const nowMs = clock.now().getTime();
  const longestMs = nowMs + profile.maxConsentDays * dayMs;
  const wantedMs = request.access.kind === 'ongoing' ? request.access.validUntil.getTime() : nowMs + dayMs;
  return localDate(new Date(Math.min(wantedMs, longestMs)), profile.timeZone);
}

const statusByWord: Readonly<Record<string, ConsentStatus>> = {
  received: 'created',
  partiallyAuthorised: 'created',
  valid: 'authorised',
  rejected: 'failed',
  expired: 'expired',
  revokedByPsu: 'revoked',
  terminatedByTpp: 'revoked',
  replacedByTpp: 'revoked',
};

/** Unknown words count as not (yet) authorised: the list is the bank's to extend. */
function statusOf(answer: JsonAnswer): ConsentStatus {
  const word = textOf(answer.json, 'consentStatus');
  return (word !== undefined && Object.hasOwn(statusByWord, word) && statusByWord[word]) || 'created';
}

/** What the user is told of a consent that did not become valid. */
export function refusalReason(status: Exclude<ConsentStatus, 'authorised'>): RefusalReason {
  if (status === 'expired') return 'expired';
  return status === 'failed' ? 'denied' : 'cancelled';
}

/** Sends a call about the consent itself, with whatever token opens it. */
export type ConsentCall = (call: Pick<BankCall, 'operation' | 'method' | 'url'>) => Promise<BankAnswer>;

/** GET /consents/{id}/status. A consent that the bank no longer knows is told by an error, and is over too. */
export async function readStatus(
  connection: Connection,
  statusUrl: string,
  send: ConsentCall,
): Promise<ConsentStatus> {
  const operation = 'read consent status';
  const answer = await send({ operation, method: 'GET', url: statusUrl });
  const codes = codesOf(answer);
  if (answer.status >= 400 && codes.includes('CONSENT_EXPIRED')) return 'expired';
  if (isGone(answer, codes)) return 'revoked';
  return statusOf(jsonOf(connection, operation, answer, true));
}

/** Asks until the bank has made up its mind or the time for asking is over; at least once. */
export async function settledStatus(
  connection: Connection,
  statusUrl: string,
  send: ConsentCall,
  forMs: number,
): Promise<ConsentStatus> {
  const { statusPollEveryMs } = connection.limits;
  const deadlineMs = monotonicMs() + forMs;
  for (;;) {
    const status = await readStatus(connection, statusUrl, send);
    if (status !== 'created' || monotonicMs() + statusPollEveryMs > deadlineMs) return status;
    await delay(statusPollEveryMs);
  }
}

/** The date until which the bank lets the consent live, which may be less than was asked for (schema `validUntil`). */
export async function grantedUntil(
  connection: Connection,
  consentUrl: string,
  send: ConsentCall,
): Promise<string | undefined> {
  const operation = 'read consent';
  const answer = await send({ operation, method: 'GET', url: consentUrl });
  const date = textOf(jsonOf(connection, operation, answer, true).json, 'validUntil');
  return date !== undefined && isIsoDate(date) ? date : undefined;
}

/**
 * DELETE /consents/{id}. A consent that was over already counts as ended.
 * @throws BankFailure if it may still be alive
 */
export async function endConsent(
  connection: Connection,
  consentUrl: string,
  send: ConsentCall,
): Promise<void> {
  const operation = 'end consent';
  const answer = await send({ operation, method: 'DELETE', url: consentUrl });
  if (answer.status >= 200 && answer.status <= 299) return;
  const codes = codesOf(answer);
  const over = codes.includes('CONSENT_EXPIRED') || codes.includes('STATUS_INVALID') || isGone(answer, codes);
  if (!over) throw failureOf(connection, operation, answer, true);
}

/** Ends a consent that nobody will use. It would expire by itself, so a failure changes nothing. */
export async function endQuietly(
  connection: Connection,
  consentUrl: string,
  accessToken?: string,
): Promise<void> {
  const timeoutMs = connection.limits.cleanUpTimeoutMs;
  const send: ConsentCall = (call) => callBank(connection, { ...call, psu: null, accessToken, timeoutMs });
  await endConsent(connection, consentUrl, send).catch((thrown: unknown) => {
    if (!(thrown instanceof BankFailure)) throw thrown;
  });
}

function isGone(answer: BankAnswer, codes: readonly string[]): boolean {
  if (answer.status === 410) return true;
  return codes.includes('CONSENT_UNKNOWN') || (answer.status === 404 && codes.includes('RESOURCE_UNKNOWN'));
}

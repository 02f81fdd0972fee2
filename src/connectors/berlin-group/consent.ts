import { setTimeout as delay } from 'node:timers/promises';
import type { ConsentStatus } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Permission } from '../../banking/permission.ts';
import type { RefusalReason } from '../../banking/step.ts';
import { monotonicMs } from '../../core/clock.ts';
import { isIsoDate } from '../../core/iso-date.ts';
import { type BankCall, type Connection, callBank, failureOf, type JsonAnswer, jsonOf } from './client.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import { textOf } from './json.ts';
import type { Profile } from './profiles.ts';

/**
 * Permissions in the standard's words (schema `accountAccess`). Accounts are part of every permission. `ibans` are
 * those that a detailed consent names.
 */
export function accessOf(
  profile: Profile,
  permissions: readonly Permission[],
  ibans: readonly string[] = [],
): Record<string, unknown> {
  const withOwner = profile.ownerName && permissions.includes('identity');
  if (profile.access === 'least' || profile.access === 'global') {
    const service = profile.access === 'least' ? leastService(profile, permissions) : 'allPsd2';
    return { [service]: withOwner ? 'allAccountsWithOwnerName' : 'allAccounts' };
  }
  const named = profile.access === 'detailed' ? ibans.map((iban) => ({ iban })) : [];
  return {
    accounts: named,
    ...(permissions.includes('balances') && { balances: named }),
    ...(permissions.includes('transactions') && { transactions: named }),
    ...(withOwner && { additionalInformation: { ownerName: named } }),
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
export function statusOf(answer: JsonAnswer): ConsentStatus {
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

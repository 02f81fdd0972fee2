import type { Bank } from '../bank.ts';
import { addDays, dayMs, localDate } from '../clock.ts';
import type { Service } from '../consents/access.ts';
import type { Consent } from '../consents/consent.ts';
import { changeStatus, confirmConsent, createConsent, findConsent } from '../consents/consent-service.ts';
import { sha256 } from '../ids.ts';
import { limits } from '../limits.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Grant } from './grant.ts';
import {
  type CodeExchange,
  exchangeCode,
  issueTppToken,
  refreshTokens,
  revokeGrant,
  type TokenAnswer,
} from './grant-service.ts';

/** What each scope opens, at a bank where the user agrees to scopes. The list of accounts comes with either. */
const serviceOf: Readonly<Record<string, Service>> = {
  'payment-accounts:balances:view': 'balances',
  'payment-accounts:transactions:view': 'transactions',
};

/** Scope of an application's own token. */
const applicationScope = 'granting';

export interface ApplicationTokenAnswer extends TokenAnswer {
  /** Names the application, and its key, from here on. */
  readonly client_id: string;
}

export interface CustomerTokenAnswer extends TokenAnswer {
  readonly refresh_token_expires_in: number;
}

/** What the scopes of a request open; undefined if there are none or unknown ones among them. */
export function servicesIn(scope: string): readonly Service[] | undefined {
  const services = scope.split(' ').map((each) => serviceOf[each]);
  const known = services.filter((service) => service !== undefined);
  return known.length === services.length ? ['accounts', ...known] : undefined;
}

/** A token of the application itself. */
export function issueApplicationToken(
  sandbox: Sandbox,
  bank: Bank,
  clientId: string,
): ApplicationTokenAnswer {
  return { ...issueTppToken(sandbox, bank, clientId), scope: applicationScope, client_id: clientId };
}

/** Whether this is a living token of this very application, and no customer's. */
export function isApplicationToken(sandbox: Sandbox, bank: Bank, clientId: string, token: string): boolean {
  const known = sandbox.store.tokens.get(sha256(token));
  const grant = known?.kind === 'access' ? sandbox.store.grants.get(known.grantId) : undefined;
  if (known?.expiresAt === undefined || grant?.bank !== bank.slug || grant.consentId !== undefined)
    return false;
  return grant.clientId === clientId && Date.parse(known.expiresAt) > sandbox.clock.now().getTime();
}

/** Whether an application of this name has ever had a token here. */
export function isKnownApplication({ store }: Sandbox, bank: Bank, clientId: string): boolean {
  for (const grant of store.grants.values())
    if (grant.bank === bank.slug && grant.clientId === clientId) return true;
  return false;
}

/** What the bank keeps for itself of what the PSU is asked: no TPP ever sees its id. */
export function openGranting(
  sandbox: Sandbox,
  bank: Bank,
  asked: readonly Service[],
  redirectUri: string,
): Consent {
  const today = localDate(sandbox.clock.now(), bank.timeZone);
  return createConsent(sandbox, bank, {
    access: { kind: 'bankOffered', services: asked, ownerName: true },
    recurring: true,
    validUntil: addDays(today, bank.maxConsentDays),
    frequencyPerDay: limits.maxFrequencyPerDay,
    returnTo: { redirectUri },
  });
}

/** Trades a code for tokens: with that, and not before, the access that the PSU has granted begins. */
export function exchangeGrantingCode(
  sandbox: Sandbox,
  bank: Bank,
  exchange: CodeExchange,
): CustomerTokenAnswer | undefined {
  const tokens = exchangeCode(sandbox, bank, exchange);
  const consent = consentOfCode(sandbox, bank, exchange.code);
  if (tokens === undefined || consent === undefined) return undefined;
  const authorisations = consent.authorisationIds.map((id) => sandbox.store.authorisations.get(id));
  const authorisation = authorisations.find((each) => each?.unconfirmed !== undefined);
  if (authorisation?.unconfirmed === undefined) return undefined;
  confirmConsent(sandbox, consent, authorisation, authorisation.unconfirmed.by);
  return customerAnswer(sandbox, bank, consent, tokens);
}

export function refreshCustomerTokens(
  sandbox: Sandbox,
  bank: Bank,
  refreshToken: string,
  clientId: string,
): CustomerTokenAnswer | undefined {
  const consentId = grantOf(sandbox, refreshToken)?.consentId;
  const consent = consentId === undefined ? undefined : findConsent(sandbox, bank, consentId);
  const tokens = refreshTokens(sandbox, bank, refreshToken, clientId);
  return tokens && consent && customerAnswer(sandbox, bank, consent, tokens);
}

/** RFC 7009: a token that is unknown, or another's, is none that could be revoked, and no error. */
export function revokeCustomerToken(sandbox: Sandbox, bank: Bank, token: string, clientId: string): void {
  const grant = grantOf(sandbox, token);
  if (grant?.bank !== bank.slug || grant.clientId !== clientId || grant.consentId === undefined) return;
  revokeGrant(sandbox, grant.id);
  const consent = findConsent(sandbox, bank, grant.consentId);
  if (consent?.status === 'valid') changeStatus(sandbox, consent, 'terminatedByTpp');
}

function grantOf({ store }: Sandbox, token: string): Grant | undefined {
  return store.grants.get(store.tokens.get(sha256(token))?.grantId ?? '');
}

function consentOfCode(sandbox: Sandbox, bank: Bank, code: string): Consent | undefined {
  const consentId = sandbox.store.codes.get(sha256(code))?.consentId;
  return consentId === undefined ? undefined : findConsent(sandbox, bank, consentId);
}

function customerAnswer(
  { clock }: Sandbox,
  bank: Bank,
  { access, createdAt }: Consent,
  tokens: TokenAnswer,
): CustomerTokenAnswer {
  const granted: readonly string[] = access.kind === 'bankOffered' ? access.services : [];
  const scope = Object.keys(serviceOf).filter((each) => granted.includes(serviceOf[each] ?? ''));
  const end = Date.parse(createdAt) + bank.maxConsentDays * dayMs;
  const seconds = Math.max(Math.floor((end - clock.now().getTime()) / 1000), 0);
  return { ...tokens, scope: scope.join(' '), refresh_token_expires_in: seconds };
}

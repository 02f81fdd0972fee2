import type { Bank } from '../bank.ts';
import { isAfter } from '../clock.ts';
import { findConsent } from '../consents/consent-service.ts';
import { derivedDigits, newUuid, randomToken, sha256 } from '../ids.ts';
import { limits } from '../limits.ts';
import type { Sandbox } from '../sandbox.ts';
import type { OAuthRequest } from '../visits/visit.ts';
import type { AuthorisationCode, Grant, GrantSubject } from './grant.ts';

/** Scope of a token that comes before any consent. */
export function preStepScope({ deviations }: Bank): string {
  return deviations.preStepScope ?? 'AIS';
}

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope: string;
}

export function consentScope({ deviations }: Bank, consentId: string): string {
  return `AIS:${deviations.scopeWithSpace ? ' ' : ''}${consentId}`;
}

/** What a client sends to trade a code for tokens. */
export interface CodeExchange {
  readonly code: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

export function issueCode(
  sandbox: Sandbox,
  bank: Bank,
  subject: GrantSubject,
  request: OAuthRequest,
): string {
  const code = randomToken();
  const { clientId, redirectUri, codeChallenge } = request;
  const issuedAt = sandbox.clock.now().toISOString();
  sandbox.store.codes.put(sha256(code), {
    ...subject,
    bank: bank.slug,
    clientId,
    redirectUri,
    codeChallenge,
    issuedAt,
  });
  return code;
}

/**
 * Trades a code for tokens, once. A code that comes a second time has been stolen from one of the two: what
 * it gave is revoked (RFC 6749 section 4.1.2).
 * @returns undefined for anything that is not right, which the client learns as `invalid_grant`
 */
export function exchangeCode(sandbox: Sandbox, bank: Bank, exchange: CodeExchange): TokenAnswer | undefined {
  const key = sha256(exchange.code);
  const code = sandbox.store.codes.get(key);
  if (code === undefined || code.bank !== bank.slug) return undefined;
  if (code.grantId !== undefined) {
    revokeGrant(sandbox, code.grantId);
    return undefined;
  }
  if (isAfter(sandbox.clock.now(), code.issuedAt, limits.codeSeconds)) return undefined;
  if (!belongsTo(code, exchange)) return undefined;
  const grant: Grant = {
    ...subjectOf(code),
    id: newUuid(),
    bank: bank.slug,
    clientId: code.clientId,
    revoked: false,
  };
  sandbox.store.grants.put(grant.id, grant);
  sandbox.store.codes.put(key, { ...code, grantId: grant.id });
  return issueTokens(sandbox, bank, grant);
}

/** A token for a customer who gave his password to the TPP (deviation preAuthorisation). */
export function issueCustomerToken(sandbox: Sandbox, bank: Bank, userName: string): TokenAnswer {
  return issueAccessToken(sandbox, bank, { clientId: '', userName });
}

/** A token for the TPP itself (RFC 6749 section 4.4). */
export function issueTppToken(sandbox: Sandbox, bank: Bank, clientId: string): TokenAnswer {
  return issueAccessToken(sandbox, bank, { clientId });
}

function issueAccessToken(
  sandbox: Sandbox,
  bank: Bank,
  holder: Pick<Grant, 'clientId' | 'userName'>,
): TokenAnswer {
  const grant: Grant = { ...holder, id: newUuid(), bank: bank.slug, revoked: false };
  sandbox.store.grants.put(grant.id, grant);
  const { refresh_token: _none, ...answer } = issueTokens(sandbox, bank, grant);
  return answer;
}

/** How a bank names a customer in the tokens that it gives for him; he himself need not know it. */
export function subjectFor(bank: Bank, userName: string): string {
  return derivedDigits(12, bank.slug, userName, 'subject');
}

/** Renews the tokens of a grant while its consent is valid; undefined means `invalid_grant`. */
export function refreshTokens(sandbox: Sandbox, bank: Bank, refreshToken: string, clientId: string) {
  const key = sha256(refreshToken);
  const token = sandbox.store.tokens.get(key);
  const grant = token?.kind === 'refresh' ? sandbox.store.grants.get(token.grantId) : undefined;
  if (token === undefined || grant === undefined || grant.revoked) return undefined;
  if (grant.bank !== bank.slug || grant.clientId !== clientId) return undefined;
  if (token.used) {
    revokeGrant(sandbox, grant.id);
    return undefined;
  }
  if (grant.consentId !== undefined && findConsent(sandbox, bank, grant.consentId)?.status !== 'valid') {
    return undefined;
  }
  if (bank.rotatesRefreshTokens) sandbox.store.tokens.put(key, { ...token, used: true });
  return issueTokens(sandbox, bank, grant, bank.rotatesRefreshTokens ? undefined : refreshToken);
}

export function revokeGrant(sandbox: Sandbox, grantId: string): void {
  const grant = sandbox.store.grants.get(grantId);
  if (grant !== undefined) sandbox.store.grants.put(grantId, { ...grant, revoked: true });
}

function subjectOf({ consentId, userName }: GrantSubject): GrantSubject {
  return { ...(consentId !== undefined && { consentId }), ...(userName !== undefined && { userName }) };
}

function belongsTo(code: AuthorisationCode, exchange: CodeExchange): boolean {
  return (
    code.clientId === exchange.clientId &&
    code.redirectUri === exchange.redirectUri &&
    // RFC 7636 section 4.6: BASE64URL(SHA256(code_verifier)) == code_challenge
    code.codeChallenge === sha256(exchange.codeVerifier)
  );
}

/** A one-off consent has no refresh token: nothing is left to refresh after its session. */
function issueTokens(sandbox: Sandbox, bank: Bank, grant: Grant, keptRefreshToken?: string): TokenAnswer {
  const { consentId } = grant;
  const expiresAt = new Date(sandbox.clock.now().getTime() + bank.accessTokenSeconds * 1000).toISOString();
  const accessToken = newAccessToken(bank, grant);
  sandbox.store.tokens.put(sha256(accessToken), { kind: 'access', grantId: grant.id, expiresAt });
  const lasts = consentId === undefined || findConsent(sandbox, bank, consentId)?.recurring === true;
  const refreshToken = keptRefreshToken ?? (lasts ? newRefreshToken(sandbox, grant.id) : undefined);
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: bank.accessTokenSeconds,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    scope: consentId === undefined ? preStepScope(bank) : consentScope(bank, consentId),
  };
}

/** A JWT (RFC 7519) at some banks. The bank knows its tokens by their hash, so this one is signed by nothing. */
function newAccessToken(bank: Bank, { userName }: Grant): string {
  if (!bank.deviations.psuIdIsSubject || userName === undefined) return randomToken();
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { sub: subjectFor(bank, userName), scope: preStepScope(bank) },
  ];
  const encoded = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...encoded, randomToken()].join('.');
}

function newRefreshToken(sandbox: Sandbox, grantId: string): string {
  const token = randomToken();
  sandbox.store.tokens.put(sha256(token), { kind: 'refresh', grantId });
  return token;
}

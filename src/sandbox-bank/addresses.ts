import { type Bank, versionOf } from './bank.ts';

/**
 * Every address that a bank hands out. As in the standard's own examples, links of the API are
 * host-absolute and those that a browser or an OAuth client opens are full.
 */
export interface Addresses {
  /** OAuth issuer identifier (RFC 8414 section 2). */
  issuer(bank: Bank): string;
  metadata(bank: Bank): string;
  authorize(bank: Bank): string;
  /** Of the certificate that passwords are encrypted to, where they are. */
  passwordCertificate(bank: Bank): string;
  token(bank: Bank): string;
  /** Plain redirect: where the TPP sends the PSU. */
  scaRedirect(bank: Bank, authorisationId: string): string;
  /** The page that stands for the PSUs' phones: requests to approve, and codes that were sent. */
  app(): string;
}

export const appPath = '/app';

/** `origin` is asked each time: it is known only when the server listens. */
export function createAddresses(origin: () => string): Addresses {
  const issuer = (bank: Bank) => `${origin()}${bankPath(bank)}`;
  return {
    issuer,
    // RFC 8414 section 3.1: the well-known part stands between host and path.
    metadata: (bank) => `${origin()}/.well-known/oauth-authorization-server${bankPath(bank)}`,
    authorize: (bank) => `${issuer(bank)}/authorize`,
    passwordCertificate: (bank) => `${issuer(bank)}/password-certificate.pem`,
    token: (bank) => `${issuer(bank)}${tokenPath(bank)}`,
    scaRedirect: (bank, authorisationId) => `${issuer(bank)}/sca/${authorisationId}`,
    app: () => `${origin()}${appPath}`,
  };
}

/** Below the bank's own path. */
export function tokenPath({ deviations }: Bank): string {
  return deviations.tokenEndpointUntold ? '/idp/v1/token' : '/token';
}

export function bankPath(bank: Bank): string {
  return `/berlin-group/${bank.slug}`;
}

/** What the version stands behind. */
export function servicePath(bank: Bank): string {
  return `${bankPath(bank)}${bank.deviations.servicePath ?? ''}`;
}

export function consentPath(bank: Bank, consentId: string): string {
  return `${servicePath(bank)}/v1/consents/${consentId}`;
}

export function authorisationPath(bank: Bank, consentId: string, authorisationId: string): string {
  return `${consentPath(bank, consentId)}/authorisations/${authorisationId}`;
}

export function accountsPath(bank: Bank): string {
  return `${servicePath(bank)}/${versionOf(bank)}/accounts`;
}

export function cardAccountsPath(bank: Bank): string {
  return `${servicePath(bank)}/v1/card-accounts`;
}

export type VisitPage = 'login' | 'confirm' | 'done';

export function visitPath(bank: Bank, visitId: string, page: VisitPage): string {
  return `${visitScope(bank, visitId)}/${page}`;
}

/** The path that a visit's cookie is good for. */
export function visitScope(bank: Bank, visitId: string): string {
  return `${bankPath(bank)}/visits/${visitId}`;
}

export function signInPath(bank: Bank, signInId: string, page: 'login' | 'done'): string {
  return `${signInScope(bank, signInId)}/${page}`;
}

/** The path that the cookie of a sign-in is good for. */
export function signInScope(bank: Bank, signInId: string): string {
  return `${bankPath(bank)}/sign-in/${signInId}`;
}

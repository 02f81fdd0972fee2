import type { Deviations } from './deviations.ts';

/**
 * How the PSU authenticates (implementation guidelines 1.3, section 5): `oauth` is the integrated OAuth2
 * redirect, `redirect` the plain one; `decoupled` asks in the bank's app; `embedded` takes password and code
 * from the TPP; `preStep` wants an OAuth2 token before there is a consent, and redirects for the rest.
 */
export type ScaMethod = 'oauth' | 'redirect' | 'decoupled' | 'embedded' | 'preStep';

/** What GET .../transactions answers with: JSON, camt.052 XML, or MT940 text. */
export type ReportFormat = 'json' | 'camt' | 'mt940';

/** One bank of this process. A bank is a row; how it behaves is told here and nowhere else. */
export interface Bank {
  /** In every URL of the bank. */
  readonly slug: string;
  readonly name: string;
  readonly country: 'DE' | 'AT';
  /** Domestic bank code in the account numbers. None of these is in use: no area of either country has them. */
  readonly bankCode: string;
  /** ISO 9362. */
  readonly bic: string;
  /** The standard's dates and the days of the call budget are local to the bank. */
  readonly timeZone: string;
  readonly sca: ScaMethod;
  /** `explicit`: the TPP must start the authorisation by a call of its own (`startAuthorisation`). */
  readonly start: 'implicit' | 'explicit';
  /** After the redirect the authorisation waits for a code that the browser brings back (`confirmation`). */
  readonly confirmation: boolean;
  /** A consent asking for longer is cut to this. 180 days: RTS on SCA, article 10, as amended in 2022. */
  readonly maxConsentDays: number;
  readonly accessTokenSeconds: number;
  /** A refresh token serves once and comes back renewed. */
  readonly rotatesRefreshTokens: boolean;
  readonly reportFormat: ReportFormat;
  /** Rows on a page of a JSON report; the other formats come in one piece. */
  readonly pageSize: number;
  /** Cards are at `/card-accounts` and no longer among the accounts. */
  readonly cardAccounts: boolean;
  /** Answers 503 and a page of HTML to every call. */
  readonly offline: boolean;
  /** One of the first to try; the others are there for what they do differently. */
  readonly forNewcomers: boolean;
  /** Where it is not as the standard has it. */
  readonly deviations: Deviations;
  /** The bank's colour on light and on dark ground. */
  readonly colour: { readonly light: string; readonly dark: string };
}

/** True where the PSU comes to the bank's own pages with his browser. */
export function redirects({ sca }: Bank): boolean {
  return sca === 'oauth' || sca === 'redirect' || sca === 'preStep';
}

/** In the addresses of its interface. */
export function versionOf({ deviations }: Bank): 'v1' | 'v3' {
  return deviations.withoutConsents ? 'v3' : 'v1';
}

/** True where a token for the customer comes before everything else. */
export function wantsCustomerToken({ sca, deviations }: Bank): boolean {
  return sca === 'preStep' || deviations.preAuthorisation === true;
}

/** True where the bank has an OAuth server, and reads need a token of it. */
export function usesOAuth({ sca }: Bank): boolean {
  return sca === 'oauth' || sca === 'preStep';
}

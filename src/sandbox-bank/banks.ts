/**
 * How the PSU authenticates: `oauth` is the integrated OAuth2 redirect, `redirect` the plain one.
 * Berlin Group implementation guidelines 1.3, section 5.
 */
export type ScaMethod = 'oauth' | 'redirect';

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
  /** A consent asking for longer is cut to this. 180 days: RTS on SCA, article 10, as amended in 2022. */
  readonly maxConsentDays: number;
  readonly accessTokenSeconds: number;
  /** A refresh token serves once and comes back renewed. */
  readonly rotatesRefreshTokens: boolean;
  /** Answers 503 and a page of HTML to every call. */
  readonly offline: boolean;
  /** The bank's colour on light and on dark ground. */
  readonly colour: { readonly light: string; readonly dark: string };
}

const german = {
  country: 'DE',
  timeZone: 'Europe/Berlin',
  sca: 'oauth',
  start: 'implicit',
  maxConsentDays: 180,
  accessTokenSeconds: 600,
  rotatesRefreshTokens: true,
  offline: false,
} as const;

export const banks: readonly Bank[] = [
  {
    ...german,
    slug: 'trellis-test-bank',
    name: 'Trellis Test Bank',
    bankCode: '99900010',
    bic: 'TRLSDEFFXXX',
    colour: { light: '#1d3a6e', dark: '#9db8ea' },
  },
  {
    ...german,
    slug: 'trellis-redirect-bank',
    name: 'Trellis Redirect Bank',
    bankCode: '99900020',
    bic: 'TRRDDEFFXXX',
    sca: 'redirect',
    colour: { light: '#5b2a55', dark: '#dba9d3' },
  },
  {
    ...german,
    slug: 'trellis-offline-bank',
    name: 'Trellis Offline Bank',
    bankCode: '99900030',
    bic: 'TROFDEFFXXX',
    offline: true,
    colour: { light: '#4a4f57', dark: '#b6bcc6' },
  },
  {
    ...german,
    slug: 'alpen-test-bank',
    name: 'Alpen Test Bank',
    country: 'AT',
    bankCode: '99910',
    bic: 'ALPTATWWXXX',
    timeZone: 'Europe/Vienna',
    accessTokenSeconds: 3600,
    rotatesRefreshTokens: false,
    colour: { light: '#0d5257', dark: '#86cfcd' },
  },
];

const bySlug = new Map(banks.map((bank) => [bank.slug, bank]));

export function findBank(slug: string): Bank | undefined {
  return bySlug.get(slug);
}

import { isAfter, localDate } from '../clock.ts';
import { limits } from '../limits.ts';
import type { Access } from './access.ts';

export const consentStatuses = [
  'received',
  'rejected',
  'partiallyAuthorised',
  'valid',
  'revokedByPsu',
  'expired',
  'terminatedByTpp',
] as const;
export type ConsentStatus = (typeof consentStatuses)[number];

/** What a TPP asks for, checked and cut to what the bank grants at most. */
export interface ConsentTerms {
  readonly access: Access;
  readonly recurring: boolean;
  /** The last day, local to the bank. */
  readonly validUntil: string;
  readonly frequencyPerDay: number;
}

/** Where the PSU's browser goes afterwards, as the TPP named it in the headers. */
export interface ReturnAddresses {
  readonly redirectUri: string;
  /** For a negative result; without it everything goes to `redirectUri`. */
  readonly nokRedirectUri?: string;
}

export interface Consent extends ConsentTerms {
  readonly id: string;
  /** Slug of the bank. */
  readonly bank: string;
  /** As last written; `statusAt` tells what it is now. */
  readonly status: ConsentStatus;
  readonly createdAt: string;
  readonly lastActionAt: string;
  readonly authorisationIds: readonly string[];
  /** Where the bank redirects. */
  readonly returnTo?: ReturnAddresses;
  /** The customer of the token with which it was created (OAuth2 pre-step). */
  readonly userName?: string;
  /** Passwords that were wrong (embedded). */
  readonly wrongPasswords?: number;
  /** TPP-Brand-Logging-Information: the name that the PSU knows the TPP by. */
  readonly brand?: string;
  /** Known once the PSU has authorised. */
  readonly authorised?: AuthorisedBy;
}

export interface AuthorisedBy {
  readonly at: string;
  readonly userName: string;
  /** Whom the access was given to: the client id of OAuth, else the origin of the redirect URI, else `direct`. */
  readonly tpp: string;
  /** Keys of the accounts that the PSU picked, for a bank-offered consent. */
  readonly selected: readonly string[];
}

/** The status with time taken into account: consents end by themselves, without anybody writing it down. */
export function statusAt(consent: Consent, now: Date, timeZone: string): ConsentStatus {
  if (consent.status === 'received') {
    return isAfter(now, consent.createdAt, limits.unauthorisedConsentSeconds) ? 'rejected' : 'received';
  }
  if (consent.status !== 'valid') return consent.status;
  if (localDate(now, timeZone) > consent.validUntil) return 'expired';
  const sessionIsOver =
    !consent.recurring &&
    consent.authorised !== undefined &&
    isAfter(now, consent.authorised.at, limits.oneOffSessionSeconds);
  return sessionIsOver ? 'expired' : 'valid';
}

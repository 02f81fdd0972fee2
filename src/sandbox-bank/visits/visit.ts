import { isAfter } from '../clock.ts';
import { limits } from '../limits.ts';

export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];

/** A PSU's visit to the bank's pages, from the TPP's redirect to the way back. */
export interface Visit {
  /** Unguessable: it is part of the pages' addresses. */
  readonly id: string;
  readonly bank: string;
  readonly consentId: string;
  readonly authorisationId: string;
  readonly startedAt: string;
  readonly locale: Locale;
  /** Present where the PSU came by OAuth. */
  readonly oauth?: OAuthRequest;
  /** The visit belongs to the browser that holds this cookie. */
  readonly cookieHash: string;
  /** Present once someone has signed in. */
  readonly userName?: string;
  /** Fault duplicate-callback: the browser will come back to the TPP twice. */
  readonly returnsTwice?: true;
  /** Where the browser goes in the end; the visit is over. */
  readonly leavesTo?: string;
}

/** A PSU's visit before there is a consent (OAuth2 pre-step): he only says who he is. */
export type SignIn = Pick<Visit, 'id' | 'bank' | 'startedAt' | 'locale' | 'cookieHash' | 'leavesTo'> & {
  readonly oauth: OAuthRequest;
};

/** The authorisation request that survived its checks. */
export interface OAuthRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
}

export function hasTimedOut(visit: Pick<Visit, 'startedAt'>, now: Date): boolean {
  return isAfter(now, visit.startedAt, limits.visitSeconds);
}

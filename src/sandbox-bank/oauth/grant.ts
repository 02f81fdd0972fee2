/**
 * What a token is good for: one consent; in the pre-step, whatever this customer will consent to; with neither, what
 * the TPP may do by itself.
 */
export interface GrantSubject {
  readonly consentId?: string;
  readonly userName?: string;
}

/** What a client may do for a PSU; all its tokens end with it. */
export interface Grant extends GrantSubject {
  readonly id: string;
  readonly bank: string;
  readonly clientId: string;
  readonly revoked: boolean;
}

/** Kept by the hash of the code. RFC 6749 section 4.1.2, RFC 7636. */
export interface AuthorisationCode extends GrantSubject {
  readonly bank: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly issuedAt: string;
  /** Set when the code was used; what it gave ends if it is used again. */
  readonly grantId?: string;
}

/** Kept by the hash of the token. A refresh token that rotates is `used` afterwards. */
export interface Token {
  readonly kind: 'access' | 'refresh';
  readonly grantId: string;
  readonly expiresAt?: string;
  readonly used?: true;
}

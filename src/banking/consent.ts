/** The user as the bank wants to know him. Present only while he is there (protocols: PSU-IP-Address). */
export interface PsuContext {
  readonly ipAddress: string;
  readonly userAgent?: string;
  readonly acceptLanguage?: string;
}

/** An authorised consent. `credentials` is the connector's own JSON (tokens, ids), encrypted at rest. */
export interface BankConsent {
  /** The bank's id of the consent. */
  readonly bankConsentId: string;
  readonly expiresAt?: Date;
  readonly credentials: Readonly<Record<string, unknown>>;
}

export interface ConsentAccess {
  /** The newest that is known: once `keep` has resolved, what was kept. Calls with an older one fail. */
  readonly consent: BankConsent;
  /** Present: the user is there and asked for this call. Null: an unattended call, counted by the bank. */
  readonly psu: PsuContext | null;
  /**
   * Awaited before every call to the bank under this consent, one for new tokens included: it may have been ended
   * since the last one. What it throws goes through the connector as it is, and no call follows.
   */
  beforeCall(): Promise<void>;
  /**
   * Called with renewed credentials before the connector uses them. Must be durable when it resolves:
   * a refresh token that was used and not kept is a consent lost. Calls under one consent must not run side
   * by side, with a report of transactions that has not ended neither: two renewals at once void each
   * other's tokens.
   */
  keep(consent: BankConsent): Promise<void>;
}

export type ConsentStatus = 'created' | 'authorised' | 'expired' | 'revoked' | 'failed';

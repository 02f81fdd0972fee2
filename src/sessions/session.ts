import type { DataOwner } from '../bank-data/owner.ts';
import type { Permission } from '../banking/permission.ts';
import { assert } from '../core/assert.ts';
import type { Environment } from '../merchants/merchant.ts';

/** Seed, field `status`. Terminal is terminal: complete and failed never change again. */
export type SessionStatus = 'started' | 'pending' | 'complete' | 'failed';

/** Why a session failed. */
export const failureMessages = {
  cancelled: 'The user cancelled, or you ended it.',
  expired: 'The session expired before the user finished.',
  bank_denied: 'The bank denied access.',
  bank_unavailable: 'The bank could not be reached; it was tried several times.',
  no_accounts: 'The user has no account at this bank that can be shared.',
  internal: 'Something failed on our side.',
} as const;

export type FailureCode = keyof typeof failureMessages;

export type SessionState =
  | { readonly status: 'started' | 'pending' | 'complete' }
  | { readonly status: 'failed'; readonly failure: FailureCode };

export type SessionEvent =
  | { readonly type: 'authorised' }
  | { readonly type: 'completed' }
  | { readonly type: 'failed'; readonly failure: FailureCode };

/**
 * The one place where a session's state moves, and only forward:
 * started -> pending -> complete | failed, and started -> failed. Any other move is a bug and throws.
 */
export function transition(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'authorised':
      assert(state.status === 'started', `a ${state.status} session cannot be authorised`);
      return { status: 'pending' };
    case 'completed':
      assert(state.status === 'pending', `a ${state.status} session cannot complete`);
      return { status: 'complete' };
    case 'failed':
      assert(!isTerminal(state.status), `a ${state.status} session cannot fail`);
      return { status: 'failed', failure: event.failure };
  }
}

export function isTerminal(status: SessionStatus): boolean {
  return status === 'complete' || status === 'failed';
}

/** How the merchant named its fields: the seed's words, or those of the vendor's last client. */
export type SessionForm = 'seed' | 'v3';

export interface SessionCustomer {
  readonly customerId: string;
  /** Only where the merchant sent it; echoed as sent. */
  readonly email?: string;
}

export interface Session {
  readonly merchantId: string;
  readonly id: string;
  readonly environment: Environment;
  readonly form: SessionForm;
  readonly referenceId: string;
  readonly permissions: readonly Permission[];
  readonly returnUrl: string;
  /** Where a v3 session goes when it did not succeed; the seed's sessions have one URL. */
  readonly errorUrl?: string;
  readonly market?: string;
  readonly customer?: SessionCustomer;
  readonly locale?: string;
  readonly themeVariant?: 'light' | 'dark';
  readonly prefillBankId?: string;
  readonly disableBankSelection: boolean;
  /** `once`: one fetch, then the consent ends. `ongoing`: it may be read again until the consent ends. */
  readonly access: 'once' | 'ongoing';
  /** Only of ongoing access; absent means as long as the bank gives. */
  readonly accessDays?: number;
  /** ISO date; absent means the days that every bank gives. */
  readonly transactionsFrom?: string;
  readonly displayId?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly state: SessionState;
  readonly flowTokenHash: Buffer;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
  /** The session of the same merchant whose consent ends when this one's is given. */
  readonly renewOf?: string;
  /** When the merchant first revoked its consent, whether there was one or not. */
  readonly consentRevokedAt?: Date;
  /** When the merchant had everything about it erased; a shell is left. */
  readonly deletedAt?: Date;
  /** When the user was first sent to a bank; from then on expiry leaves time to come back. */
  readonly bankOpenedAt?: Date;
}

/** What names a session everywhere inside; the merchant comes first, as in every key. */
export interface SessionKey {
  readonly merchantId: string;
  readonly id: string;
}

/** The same key as bank data know it. */
export function ownerOf({ merchantId, id }: SessionKey): DataOwner {
  return { merchantId, sessionId: id };
}

/** A session that was sent to a bank may come back this long after its expiry. */
export const returnGraceMs = 15 * 60_000;

/** When a session that has not been authorised ends by itself. */
export function endsAt(session: Pick<Session, 'expiresAt' | 'bankOpenedAt'>): Date {
  return session.bankOpenedAt ? new Date(session.expiresAt.getTime() + returnGraceMs) : session.expiresAt;
}

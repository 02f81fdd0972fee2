import type { BankFailureKind } from '../banking/failure.ts';
import type { SessionKey } from './session.ts';

/** Why a refresh failed. What was read before stays as it was. */
export const refreshFailureMessages = {
  consent_expired: 'The consent has run out. The user has to connect the bank again.',
  consent_revoked: 'The consent was ended. The user has to connect the bank again.',
  bank_denied: 'The bank denied access.',
  too_many_calls: 'The bank takes no more calls today unless the user is there.',
  bank_unavailable: 'The bank could not be reached; it was tried several times.',
  no_accounts: 'The bank shows no account any more.',
  internal: 'Something failed on our side.',
} as const;

export type RefreshFailureCode = keyof typeof refreshFailureMessages;

export interface RefreshFailure {
  readonly code: RefreshFailureCode;
  /** When the bank may take it again, where that is known. */
  readonly retryAt?: Date;
}

/** The newest refresh of a session. */
export interface Refresh {
  /** Names the run. */
  readonly id: string;
  readonly status: 'running' | 'complete' | 'failed';
  readonly startedAt: Date;
  readonly finishedAt?: Date;
  readonly failure?: RefreshFailure;
}

export const refreshTask = 'session-refresh';

/** The job of a refresh; there is never more than one for a session. */
export function refreshJobKey(key: SessionKey): string {
  return `${refreshTask}:${key.merchantId}:${key.id}`;
}

export const refreshFailureOf: Readonly<Record<BankFailureKind, RefreshFailureCode>> = {
  'user-must-act': 'bank_denied',
  'bank-refused': 'bank_denied',
  'retry-later': 'bank_unavailable',
  'operator-fault': 'internal',
  'our-bug': 'internal',
};

import type { CountedRead } from '../banking/call-budget.ts';
import type { Permission } from '../banking/permission.ts';
import type { ScopeBudget } from '../consents/call-counter.ts';
import { type ConsentRecord, standingOf } from '../consents/consent.ts';
import type { Session } from './session.ts';

/** How the consent of a session stands, in the words of the vendor's last client. */
export interface SessionConsent {
  /** `created`: the user has given none yet. `failed`: he never did. */
  readonly status: 'created' | 'authorised' | 'expired' | 'revoked' | 'failed';
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
}

/** @param consent absent where the user gave none */
export function sessionConsentOf(
  session: Session,
  consent: ConsentRecord | undefined,
  now: Date,
): SessionConsent {
  const revokedAt = consent?.endingSince ?? consent?.revokedAt ?? session.consentRevokedAt;
  const { createdAt, updatedAt } = consent ?? session;
  const standing = consent ? standingOf(consent, now) : unanswered(session);
  return {
    status: revokedAt ? 'revoked' : standing,
    createdAt,
    updatedAt: revokedAt && revokedAt > updatedAt ? revokedAt : updatedAt,
    ...(consent?.expiresAt && { expiresAt: consent.expiresAt }),
    ...(revokedAt && { revokedAt }),
  };
}

function unanswered({ state }: Session): 'created' | 'failed' {
  return state.status === 'failed' ? 'failed' : 'created';
}

/** The reads that one refresh makes, which the bank counts one by one. */
export function readsOfRefresh(
  permissions: readonly Permission[],
  accountIds: readonly string[],
): readonly CountedRead[] {
  const parts = (['balances', 'transactions'] as const).filter((part) => permissions.includes(part));
  const ofAccounts = accountIds.flatMap((account) => parts.map((read) => ({ read, account })));
  return [{ read: 'accounts' }, ...ofAccounts];
}

/**
 * What is left, in words that mean something outside: details of accounts are counted before an account has an id of
 * ours, so of them only the least is told.
 */
export function budgetInWords(left: readonly ScopeBudget[]): readonly ScopeBudget[] {
  const details = left.filter(({ read }) => read === 'account').sort((a, b) => a.remaining - b.remaining);
  const [least] = details.map(({ accountId: _, ...rest }) => rest);
  return [...left.filter(({ read }) => read !== 'account'), ...(least ? [least] : [])];
}

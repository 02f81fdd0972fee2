import { type Static, Type } from 'typebox';
import type { ScopeBudget } from '../consents/call-counter.ts';
import type { Session } from './session.ts';
import type { SessionConsent } from './session-consent.ts';
import { toEpochSeconds } from './session-event.ts';

const epochSeconds = Type.Integer({ description: 'Epoch seconds.' });

/** The consent of a session in the words of the vendor's last client. */
export const consentSchema = Type.Object({
  status: Type.Enum(['created', 'authorised', 'expired', 'revoked', 'failed'], {
    description: '`created`: the user has yet to give one.',
  }),
  permissions: Type.Array(Type.Enum(['accounts', 'balances', 'transactions'])),
  createdAt: epochSeconds,
  updatedAt: epochSeconds,
  expiresAt: Type.Optional(epochSeconds),
  revokedAt: Type.Optional(epochSeconds),
  budget: Type.Optional(
    Type.Array(
      Type.Object({
        read: Type.String({
          description:
            'accounts, balances or transactions; at some banks also card-accounts, or account (its details).',
        }),
        accountId: Type.Optional(
          Type.String({ description: 'Of which account, where each counts by itself.' }),
        ),
        remaining: Type.Integer(),
        limit: Type.Integer(),
        resetsAt: epochSeconds,
      }),
      {
        description:
          'Of a living ongoing consent: what is left today of the reads that the bank allows without the user.',
      },
    ),
  ),
});

export function toConsentWords(
  session: Session,
  consent: SessionConsent,
  budget?: readonly ScopeBudget[],
): Static<typeof consentSchema> {
  const { status, createdAt, updatedAt, expiresAt, revokedAt } = consent;
  const optional = (['balances', 'transactions'] as const).filter((each) =>
    session.permissions.includes(each),
  );
  return {
    status,
    permissions: ['accounts', ...optional],
    createdAt: toEpochSeconds(createdAt),
    updatedAt: toEpochSeconds(updatedAt),
    ...(expiresAt && { expiresAt: toEpochSeconds(expiresAt) }),
    ...(revokedAt && { revokedAt: toEpochSeconds(revokedAt) }),
    ...(budget && {
      budget: budget.map(({ resetsAt, ...rest }) => ({ ...rest, resetsAt: toEpochSeconds(resetsAt) })),
    }),
  };
}

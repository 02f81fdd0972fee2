import { Type } from 'typebox';
import type { Secret } from '../core/secret.ts';
import { fingerprintOf } from './secret.ts';
import type { StoredSecrets } from './secret-store.ts';
import { isoDate } from './webhook-request.ts';

const fingerprint = Type.String({
  description: 'The first 12 hex digits of the SHA-256 of the secret’s text: tells which one you have.',
});
const secret = Type.Object({ since: isoDate, fingerprint });

export const secretsSchema = Type.Object({ primary: secret, next: Type.Optional(secret) });

export const rotatedSchema = Type.Object({
  secret: Type.String({ description: 'Shown now and never again.' }),
  role: Type.Enum(['primary', 'next'], {
    description: '`next` signs beside the primary until it is promoted. `primary`: there was none in use.',
  }),
  since: isoDate,
  fingerprint,
});

export function toSecretsWords({ primary, primarySince, next, nextSince }: StoredSecrets) {
  return {
    primary: { since: primarySince.toISOString(), fingerprint: fingerprintOf(primary) },
    ...(next && nextSince && { next: { since: nextSince.toISOString(), fingerprint: fingerprintOf(next) } }),
  };
}

export function toRotatedWords(rotated: { secret: Secret; secrets: StoredSecrets }) {
  const { secret, secrets } = rotated;
  return {
    secret: secret.reveal(),
    role: secrets.next ? 'next' : 'primary',
    since: (secrets.nextSince ?? secrets.primarySince).toISOString(),
    fingerprint: fingerprintOf(secret),
  };
}

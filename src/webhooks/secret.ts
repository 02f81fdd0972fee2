import { randomBytes, sha256 } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';

const prefix = 'whsec_';
const keyLength = 32;
const fingerprintLength = 12;

/** What the webhooks of one merchant and environment are signed with. */
export interface SigningSecrets {
  readonly primary: Secret;
  /** Signs too, from the rotation that made it until it is promoted. */
  readonly next?: Secret;
}

/** A secret as the merchant keeps it: `whsec_` and 32 random bytes in base64 (Standard Webhooks). */
export function newSigningSecret(): Secret {
  return new Secret(prefix + randomBytes(keyLength).toString('base64'));
}

/** The bytes behind the base64 part: the key of the Standard Webhooks signature. */
export function standardKeyOf(secret: Secret): Buffer {
  return Buffer.from(secret.reveal().slice(prefix.length), 'base64');
}

/** Tells two secrets apart without showing either: the first hex digits of the SHA-256 of the text. */
export function fingerprintOf(secret: Secret): string {
  return sha256(secret.reveal()).toString('hex').slice(0, fingerprintLength);
}

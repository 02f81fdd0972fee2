import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { randomBytes } from '../../core/ids.ts';

/** Where a sealed value lives. It is part of what is authenticated: a value moved to another row does not open. */
export interface SealedPlace {
  readonly table: string;
  readonly merchantId: string;
  readonly rowId: string;
  readonly column: string;
}

/** A value cannot be opened: another place, another master key, or bytes that were changed. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

export const ivLength = 12;
export const tagLength = 16;

/** As JSON, so that no two places have the same bytes. */
export function associatedData(place: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify([place.table, place.merchantId, place.rowId, place.column]), 'utf8');
}

/**
 * AES-256-GCM: `iv | ciphertext | tag`, behind `head`. Text goes in as it is: what is sealed may be long, and each
 * copy of it is memory that has to be cleared away.
 */
export function encrypt(
  key: KeyObject,
  plain: Buffer | string,
  aad: Buffer,
  head: readonly Buffer[] = [],
): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  const ciphertext = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  return Buffer.concat([...head, iv, ciphertext, cipher.final(), cipher.getAuthTag()]);
}

/** @throws SealBroken */
export function decrypt(key: KeyObject, sealed: Buffer, aad: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivLength), {
      authTagLength: tagLength,
    })
      .setAAD(aad)
      .setAuthTag(sealed.subarray(sealed.length - tagLength));
    const body = decipher.update(sealed.subarray(ivLength, sealed.length - tagLength));
    return Buffer.concat([body, decipher.final()]);
  } catch (cause) {
    throw new SealBroken('the sealed value does not open here', { cause });
  }
}

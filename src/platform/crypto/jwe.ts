import { constants, createCipheriv, type KeyObject, publicEncrypt } from 'node:crypto';
import { randomBytes } from '../../core/ids.ts';

/** 256 bits of key and 96 of initialisation vector, as RFC 7518 section 5.3 has them for A256GCM. */
const keyBytes = 32;
const vectorBytes = 12;

/**
 * A JWE in compact serialisation (RFC 7516 section 7.1) that the holder of the private key alone can read:
 * RSA-OAEP-256 (RFC 7518 section 4.3) for the key, A256GCM (section 5.3) for the text. `header` says whose key it is.
 */
export function encryptFor(key: KeyObject, text: string, header: Readonly<Record<string, unknown>>): string {
  const protectedHeader = encoded(JSON.stringify({ alg: 'RSA-OAEP-256', enc: 'A256GCM', ...header }));
  const contentKey = randomBytes(keyBytes);
  const vector = randomBytes(vectorBytes);
  const cipher = createCipheriv('aes-256-gcm', contentKey, vector);
  // The header is authenticated as it is written (section 5.1, step 14).
  cipher.setAAD(Buffer.from(protectedHeader, 'ascii'));
  const encryptedText = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const encryptedKey = publicEncrypt({ key, padding, oaepHash: 'sha256' }, contentKey);
  contentKey.fill(0);
  const parts = [encryptedKey, vector, encryptedText, cipher.getAuthTag()].map(encoded);
  return [protectedHeader, ...parts].join('.');
}

function encoded(value: string | Buffer): string {
  return Buffer.from(value).toString('base64url');
}

import { createSecretKey, type KeyObject } from 'node:crypto';
import { randomBytes } from '../../core/ids.ts';
import { associatedData, decrypt, encrypt, type SealedPlace } from './cipher.ts';
import type { Vault } from './vault.ts';

const dataKeyLength = 32;

/**
 * One key for many rows that live and die together (AES-256-GCM): `iv | ciphertext | tag`. The key itself lies
 * in a row of its own, sealed by the vault; erasing that row erases all that was sealed with it. IVs are random:
 * far fewer rows than the 2^32 that NIST SP 800-38D section 8.3 allows under one key.
 */
export class DataKey {
  readonly #key: KeyObject;

  private constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  /** A new key and how to keep it: sealed for `place`. */
  static create(vault: Vault, place: SealedPlace): { dataKey: DataKey; sealedKey: Buffer } {
    const key = randomBytes(dataKeyLength);
    return { dataKey: new DataKey(key), sealedKey: vault.seal(place, key) };
  }

  /** @throws SealBroken */
  static open(vault: Vault, place: SealedPlace, sealedKey: Buffer): DataKey {
    return new DataKey(vault.open(place, sealedKey));
  }

  seal(place: SealedPlace, text: string): Buffer {
    return encrypt(this.#key, Buffer.from(text, 'utf8'), associatedData(place));
  }

  /** @throws SealBroken */
  open(place: SealedPlace, sealed: Buffer): string {
    return decrypt(this.#key, sealed, associatedData(place)).toString('utf8');
  }
}

import { createSecretKey, type KeyObject } from 'node:crypto';
import { randomBytes, sha256 } from '../../core/ids.ts';
import type { Secret } from '../../core/secret.ts';
import {
  associatedData,
  decrypt,
  encrypt,
  ivLength,
  SealBroken,
  type SealedPlace,
  tagLength,
} from './cipher.ts';

const formatVersion = 1;
const keyIdLength = 8;
const dataKeyLength = 32;
const wrappedLength = ivLength + dataKeyLength + tagLength;
const headerLength = 1 + keyIdLength + wrappedLength;

interface MasterKey {
  readonly id: Buffer;
  /** As a key object: from bytes, Node would make one anew for every value, at twice the cost. */
  readonly key: KeyObject;
}

/**
 * Envelope encryption (AES-256-GCM). Every value has a data key of its own, wrapped by the master key and
 * kept in front of it: `version | master key id | wrapped data key | iv | ciphertext | tag`. Erasing the
 * column erases the key; rotating the master key rewrites the first bytes only.
 */
export class Vault {
  readonly #current: MasterKey;
  readonly #keys: ReadonlyMap<string, MasterKey>;

  /** The first key seals; all of them open. Each is 32 bytes in base64. */
  constructor(masterKeys: readonly [Secret, ...Secret[]]) {
    const keys = masterKeys.map(parseMasterKey);
    this.#current = keys[0] as MasterKey;
    this.#keys = new Map(keys.map((key) => [key.id.toString('hex'), key]));
  }

  /** Of the key that seals. A hash of 256 random bits tells nothing of them, so it may be printed. */
  get keyId(): string {
    return this.#current.id.toString('hex');
  }

  seal(place: SealedPlace, value: string | Buffer): Buffer {
    const dataKey = randomBytes(dataKeyLength);
    const aad = associatedData(place);
    const wrapped = encrypt(this.#current.key, dataKey, aad);
    const head = [Buffer.of(formatVersion), this.#current.id, wrapped];
    return encrypt(createSecretKey(dataKey), value, aad, head);
  }

  /** @throws SealBroken */
  open(place: SealedPlace, sealed: Buffer): Buffer {
    if (sealed.length < headerLength || sealed[0] !== formatVersion)
      throw new SealBroken('not a sealed value');
    const keyId = keyIdOf(sealed);
    const master = this.#keys.get(keyId);
    if (!master) throw new SealBroken(`sealed under master key ${keyId}, which is not configured`);
    const aad = associatedData(place);
    const dataKey = decrypt(master.key, sealed.subarray(1 + keyIdLength, headerLength), aad);
    return decrypt(createSecretKey(dataKey), sealed.subarray(headerLength), aad);
  }

  sealJson(place: SealedPlace, value: unknown): Buffer {
    return this.seal(place, JSON.stringify(value));
  }

  /** @throws SealBroken */
  openJson(place: SealedPlace, sealed: Buffer): unknown {
    return JSON.parse(this.open(place, sealed).toString('utf8'));
  }
}

/** The id of the master key that a sealed value needs. */
export function keyIdOf(sealed: Buffer): string {
  return sealed.subarray(1, 1 + keyIdLength).toString('hex');
}

function parseMasterKey(secret: Secret): MasterKey {
  const key = Buffer.from(secret.reveal(), 'base64');
  if (key.length !== dataKeyLength) throw new Error('a master key is 32 bytes in base64');
  return { id: sha256(key).subarray(0, keyIdLength), key: createSecretKey(key) };
}

import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { present } from '../core/assert.ts';
import type { Clock } from '../core/clock.ts';
import { ApiError } from '../core/errors.ts';
import { randomBytes } from '../core/ids.ts';
import { keyIdOf, type Vault } from '../platform/crypto/vault.ts';
import type { Authenticator } from '../platform/http/authenticator.ts';
import type { Db } from '../platform/postgres/pool.ts';
import { type ApiKey, hashSecret, merchantIdOf, parseApiKey } from './api-key.ts';
import type { Environment, Merchant, MerchantPrincipal } from './merchant.ts';
import {
  addKey,
  findIdSecret,
  findIdSecrets,
  findKey,
  findMerchant,
  type KeyRow,
  revokeKey,
  saveMerchant,
  touchKey,
} from './merchant-store.ts';

/** How long a revoked key may still work in a process that has just used it. */
const keyCacheMs = 5_000;
const keyCacheSize = 10_000;
const touchEveryMs = 60_000;
const idSecretLength = 32;
const unknownKeyHash = hashSecret('no key has this secret');

export interface MerchantDeps {
  readonly db: Db;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** Merchants and their API keys. */
export class MerchantService implements Authenticator<MerchantPrincipal> {
  readonly #deps: MerchantDeps;
  readonly #keys = new LRUCache<string, KeyRow>({ max: keyCacheSize, ttl: keyCacheMs });
  readonly #idSecrets = new LRUCache<string, Buffer>({ max: keyCacheSize });
  readonly #touched = new LRUCache<string, true>({ max: keyCacheSize, ttl: touchEveryMs });

  constructor(deps: MerchantDeps) {
    this.#deps = deps;
  }

  /** Reads `X-Ivy-Api-Key` or `Authorization: Bearer`. @throws ApiError UNAUTHENTICATED */
  async authenticate(headers: IncomingHttpHeaders): Promise<MerchantPrincipal> {
    const text = keyIn(headers);
    if (text === undefined)
      throw new ApiError(
        'UNAUTHENTICATED',
        'Send your API key in X-Ivy-Api-Key or as Authorization: Bearer.',
      );
    const key = parseApiKey(text);
    const row = key && (await this.#lookUp(key.appId));
    const matches = timingSafeEqual(row?.secretHash ?? unknownKeyHash, hashSecret(key?.secret ?? ''));
    if (!key || !row || !matches || !isActive(row, this.#deps.clock.now()))
      throw new ApiError('UNAUTHENTICATED', 'This API key is not valid.');
    this.#touch(row.merchant.id, key.appId);
    return { merchant: row.merchant, environment: row.environment, appId: key.appId };
  }

  rateLimitKey(principal: MerchantPrincipal): string {
    return principal.appId;
  }

  async find(merchantId: string): Promise<Merchant | undefined> {
    return findMerchant(this.#deps.db, merchantId);
  }

  /** Makes a merchant or updates the one with this id. */
  async save(merchant: Merchant): Promise<void> {
    const idSecret = this.#deps.vault.seal(idSecretPlace(merchant.id), randomBytes(idSecretLength));
    await saveMerchant(this.#deps.db, merchant, idSecret, this.#deps.clock.now());
  }

  /** Adds a key beside the merchant's others, which stay active. */
  async addKey(merchantId: string, environment: Environment, key: ApiKey, name: string): Promise<void> {
    const row = { merchantId, environment, appId: key.appId, name, secretHash: hashSecret(key.secret) };
    await addKey(this.#deps.db, row, this.#deps.clock.now());
  }

  /**
   * Ends a key; another process may take it for a few seconds yet (`keyCacheMs`). False if there is none that works.
   */
  async revokeKey(appId: string): Promise<boolean> {
    this.#keys.delete(appId);
    return revokeKey(this.#deps.db, merchantIdOf(appId), appId, this.#deps.clock.now());
  }

  /** The HMAC key of this merchant's account ids and look-up hashes; the same for ever. */
  async idSecret(merchantId: string): Promise<Buffer> {
    const cached = this.#idSecrets.get(merchantId);
    if (cached) return cached;
    const sealed = present(await findIdSecret(this.#deps.db, merchantId), 'the merchant of a session');
    const secret = this.#deps.vault.open(idSecretPlace(merchantId), sealed);
    this.#idSecrets.set(merchantId, secret);
    return secret;
  }

  /** Opens every merchant's id secret; the ids of the master keys that they are sealed under. @throws SealBroken */
  async masterKeysInUse(): Promise<ReadonlySet<string>> {
    const secrets = await findIdSecrets(this.#deps.db);
    for (const { merchantId, sealed } of secrets) this.#deps.vault.open(idSecretPlace(merchantId), sealed);
    return new Set(secrets.map(({ sealed }) => keyIdOf(sealed)));
  }

  async #lookUp(appId: string): Promise<KeyRow | undefined> {
    const cached = this.#keys.get(appId);
    if (cached) return cached;
    const row = await findKey(this.#deps.db, merchantIdOf(appId), appId);
    if (row) this.#keys.set(appId, row);
    return row;
  }

  /** At most once a minute and key; a request never waits for it, and a failure costs only the note. */
  #touch(merchantId: string, appId: string): void {
    if (this.#touched.has(appId)) return;
    this.#touched.set(appId, true);
    touchKey(this.#deps.db, merchantId, appId, this.#deps.clock.now()).catch(() =>
      this.#touched.delete(appId),
    );
  }
}

function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const own = headers['x-ivy-api-key'];
  if (typeof own === 'string' && own !== '') return own;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function isActive(row: KeyRow, now: Date): boolean {
  return row.revokedAt === null && (row.expiresAt === null || row.expiresAt > now);
}

function idSecretPlace(merchantId: string) {
  return { table: 'merchant', merchantId, rowId: merchantId, column: 'sealed_id_secret' };
}

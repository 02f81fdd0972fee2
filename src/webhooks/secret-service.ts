import type pg from 'pg';
import type { Clock } from '../core/clock.ts';
import { ApiError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { WebhookOwner } from './owner.ts';
import { newSigningSecret } from './secret.ts';
import { findSecrets, lockSecrets, type StoredSecrets, saveSecrets } from './secret-store.ts';

export interface SecretDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** The secrets that webhooks are signed with: one per merchant and environment, and a next one in a rotation. */
export class SecretService {
  readonly #deps: SecretDeps;

  constructor(deps: SecretDeps) {
    this.#deps = deps;
  }

  /** The owner's secrets, made now if nobody needed them before; the row is held until the transaction ends. */
  async ensure(tx: Tx, owner: WebhookOwner): Promise<StoredSecrets> {
    return lockSecrets(tx, this.#deps.vault, owner, newSigningSecret(), this.#deps.clock.now());
  }

  /**
   * A new secret, to be shown now and never again. It becomes `next`, in place of an earlier next one; or at
   * once the primary, while nobody has ever been shown the primary: there is no receiver to wait for.
   */
  async rotate(tx: Tx, owner: WebhookOwner): Promise<{ secret: Secret; secrets: StoredSecrets }> {
    const current = await this.ensure(tx, owner);
    const secret = newSigningSecret();
    const now = this.#deps.clock.now();
    const secrets = current.primaryIsKnown
      ? { ...current, next: secret, nextSince: now }
      : { primary: secret, primarySince: now, primaryIsKnown: true };
    await saveSecrets(tx, this.#deps.vault, owner, secrets);
    return { secret, secrets };
  }

  /** Lets the next secret sign alone. @throws ApiError CONFLICT when there is none */
  async promote(tx: Tx, owner: WebhookOwner): Promise<StoredSecrets> {
    const current = await this.ensure(tx, owner);
    if (!current.next)
      throw new ApiError(
        'CONFLICT',
        'There is no next secret. Rotate first, then promote what it showed you.',
      );
    const now = this.#deps.clock.now();
    const secrets = { primary: current.next, primarySince: now, primaryIsKnown: true };
    await saveSecrets(tx, this.#deps.vault, owner, secrets);
    return secrets;
  }

  /** The owner's secrets, outside of any other work; a read, unless they have to be made. */
  async find(owner: WebhookOwner): Promise<StoredSecrets> {
    const { pool, vault } = this.#deps;
    const found = await findSecrets(dbOf(pool), vault, owner);
    return found ?? transaction(pool, (tx) => this.ensure(tx, owner));
  }
}

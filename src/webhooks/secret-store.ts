import type { Secret as SecretText } from '../core/secret.ts';
import { Secret } from '../core/secret.ts';
import type { SealedPlace } from '../platform/crypto/cipher.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { WebhookOwner } from './owner.ts';
import type { SigningSecrets } from './secret.ts';

export interface StoredSecrets extends SigningSecrets {
  readonly primarySince: Date;
  /** False until somebody was shown it. */
  readonly primaryIsKnown: boolean;
  readonly nextSince?: Date;
}

interface SecretRow {
  sealed_primary: Buffer;
  primary_since: Date;
  primary_is_known: boolean;
  sealed_next: Buffer | null;
  next_since: Date | null;
}

const columns = 'sealed_primary, primary_since, primary_is_known, sealed_next, next_since';

/** Opens the secrets of a row, wherever it was joined to. */
export function openSecrets(
  vault: Vault,
  owner: WebhookOwner,
  row: Pick<SecretRow, 'sealed_primary' | 'sealed_next'>,
): SigningSecrets {
  const open = (sealed: Buffer) => new Secret(vault.open(placeOf(owner), sealed).toString('utf8'));
  return { primary: open(row.sealed_primary), ...(row.sealed_next && { next: open(row.sealed_next) }) };
}

export async function findSecrets(
  db: Db,
  vault: Vault,
  owner: WebhookOwner,
): Promise<StoredSecrets | undefined> {
  const { rows } = await db.query<SecretRow>({
    name: 'webhook-secret-find',
    text: `SELECT ${columns} FROM webhook_secret WHERE merchant_id = $1 AND environment = $2`,
    values: [owner.merchantId, owner.environment],
  });
  return rows[0] && toSecrets(vault, owner, rows[0]);
}

/** Makes the first secret if there is none yet, and holds the row until the transaction ends. */
export async function lockSecrets(
  tx: Tx,
  vault: Vault,
  owner: WebhookOwner,
  first: SecretText,
  now: Date,
): Promise<StoredSecrets> {
  const { rows } = await tx.query<SecretRow>({
    name: 'webhook-secret-lock',
    // The update that changes nothing takes the lock, and makes RETURNING give a row that was there before.
    text: `INSERT INTO webhook_secret (merchant_id, environment, sealed_primary, primary_since, primary_is_known)
           VALUES ($1, $2, $3, $4, false)
           ON CONFLICT (merchant_id, environment) DO UPDATE SET primary_since = webhook_secret.primary_since
           RETURNING ${columns}`,
    values: [owner.merchantId, owner.environment, seal(vault, owner, first), now],
  });
  return toSecrets(vault, owner, rows[0] as SecretRow);
}

/** Writes the secrets of a row that this transaction has locked. */
export async function saveSecrets(
  tx: Tx,
  vault: Vault,
  owner: WebhookOwner,
  secrets: StoredSecrets,
): Promise<void> {
  await tx.query({
    name: 'webhook-secret-save',
    text: `UPDATE webhook_secret SET sealed_primary = $3, primary_since = $4, primary_is_known = $5,
             sealed_next = $6, next_since = $7
           WHERE merchant_id = $1 AND environment = $2`,
    values: [
      owner.merchantId,
      owner.environment,
      seal(vault, owner, secrets.primary),
      secrets.primarySince,
      secrets.primaryIsKnown,
      secrets.next ? seal(vault, owner, secrets.next) : null,
      secrets.nextSince ?? null,
    ],
  });
}

function toSecrets(vault: Vault, owner: WebhookOwner, row: SecretRow): StoredSecrets {
  return {
    ...openSecrets(vault, owner, row),
    primarySince: row.primary_since,
    primaryIsKnown: row.primary_is_known,
    ...(row.next_since && { nextSince: row.next_since }),
  };
}

function seal(vault: Vault, owner: WebhookOwner, secret: SecretText): Buffer {
  return vault.seal(placeOf(owner), secret.reveal());
}

/** One place for both columns: a secret that is promoted moves from one to the other. */
function placeOf(owner: WebhookOwner): SealedPlace {
  return {
    table: 'webhook_secret',
    merchantId: owner.merchantId,
    rowId: owner.environment,
    column: 'secret',
  };
}

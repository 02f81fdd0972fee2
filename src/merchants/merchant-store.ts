import type { Db } from '../platform/postgres/pool.ts';
import type { Environment, Merchant, MerchantSettings } from './merchant.ts';

interface MerchantRow {
  id: string;
  name: string;
  country: string;
  accent_color: string | null;
  settings: MerchantSettings;
}

export interface KeyRow {
  readonly merchant: Merchant;
  readonly environment: Environment;
  readonly secretHash: Buffer;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

const merchantColumns =
  'merchant.id, merchant.name, merchant.country, merchant.accent_color, merchant.settings';

export async function findMerchant(db: Db, id: string): Promise<Merchant | undefined> {
  const { rows } = await db.query<MerchantRow>({
    name: 'merchant-find',
    text: `SELECT ${merchantColumns} FROM merchant WHERE id = $1`,
    values: [id],
  });
  return rows[0] && toMerchant(rows[0]);
}

export async function findIdSecret(db: Db, merchantId: string): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ sealed_id_secret: Buffer }>({
    name: 'merchant-id-secret',
    text: 'SELECT sealed_id_secret FROM merchant WHERE id = $1',
    values: [merchantId],
  });
  return rows[0]?.sealed_id_secret;
}

export async function hasMerchants(db: Db): Promise<boolean> {
  const { rows } = await db.query({ name: 'merchant-any', text: 'SELECT FROM merchant LIMIT 1' });
  return rows.length > 0;
}

/** Of all merchants: for the start only. */
export async function findIdSecrets(db: Db): Promise<{ merchantId: string; sealed: Buffer }[]> {
  const { rows } = await db.query<{ id: string; sealed_id_secret: Buffer }>({
    name: 'merchant-id-secrets',
    text: 'SELECT id, sealed_id_secret FROM merchant',
  });
  return rows.map((row) => ({ merchantId: row.id, sealed: row.sealed_id_secret }));
}

/** Makes the merchant, or brings name and settings of an existing one up to date; its id secret stays. */
export async function saveMerchant(
  db: Db,
  merchant: Merchant,
  sealedIdSecret: Buffer,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'merchant-save',
    text: `INSERT INTO merchant (id, name, country, accent_color, settings, sealed_id_secret, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, country = EXCLUDED.country,
             accent_color = EXCLUDED.accent_color, settings = EXCLUDED.settings`,
    values: [
      merchant.id,
      merchant.name,
      merchant.country,
      merchant.accentColor ?? null,
      JSON.stringify(merchant.settings),
      sealedIdSecret,
      now,
    ],
  });
}

export async function findKey(db: Db, merchantId: string, appId: string): Promise<KeyRow | undefined> {
  const { rows } = await db.query<
    MerchantRow & {
      environment: Environment;
      secret_hash: Buffer;
      expires_at: Date | null;
      revoked_at: Date | null;
    }
  >({
    name: 'api-key-find',
    text: `SELECT ${merchantColumns}, environment, secret_hash, expires_at, revoked_at
           FROM api_key JOIN merchant ON merchant.id = api_key.merchant_id
           WHERE api_key.merchant_id = $1 AND app_id = $2`,
    values: [merchantId, appId],
  });
  const row = rows[0];
  if (!row) return undefined;
  return {
    merchant: toMerchant(row),
    environment: row.environment,
    secretHash: row.secret_hash,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}

/** Adds a key beside those that are there. The same app id again keeps its first secret. */
export async function addKey(
  db: Db,
  key: { merchantId: string; appId: string; environment: Environment; name: string; secretHash: Buffer },
  now: Date,
): Promise<void> {
  await db.query({
    name: 'api-key-add',
    text: `INSERT INTO api_key (merchant_id, app_id, environment, name, secret_hash, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (merchant_id, app_id) DO NOTHING`,
    values: [key.merchantId, key.appId, key.environment, key.name, key.secretHash, now],
  });
}

/** Whether there was a key to revoke: one that is there and was not revoked before. */
export async function revokeKey(db: Db, merchantId: string, appId: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'api-key-revoke',
    text: `UPDATE api_key SET revoked_at = $3
           WHERE merchant_id = $1 AND app_id = $2 AND revoked_at IS NULL`,
    values: [merchantId, appId, now],
  });
  return rowCount === 1;
}

export async function touchKey(db: Db, merchantId: string, appId: string, usedAt: Date): Promise<void> {
  await db.query({
    name: 'api-key-touch',
    text: 'UPDATE api_key SET last_used_at = $3 WHERE merchant_id = $1 AND app_id = $2',
    values: [merchantId, appId, usedAt],
  });
}

function toMerchant(row: MerchantRow): Merchant {
  return {
    id: row.id,
    name: row.name,
    country: row.country,
    ...(row.accent_color === null ? {} : { accentColor: row.accent_color }),
    settings: row.settings,
  };
}

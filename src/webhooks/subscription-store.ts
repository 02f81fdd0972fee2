import type { Environment } from '../merchants/merchant.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { WebhookOwner } from './owner.ts';
import type { Subscription } from './subscription.ts';

interface SubscriptionRow {
  merchant_id: string;
  id: string;
  environment: Environment;
  app_id: string;
  url: string;
  events: string[];
  created_at: Date;
  updated_at: Date;
  disabled_at: Date | null;
}

const columns = 'merchant_id, id, environment, app_id, url, events, created_at, updated_at, disabled_at';

/** Undefined: this address has a subscription already, and nothing was written. */
export async function insertSubscription(
  db: Db,
  subscription: Subscription,
): Promise<Subscription | undefined> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'webhook-subscription-insert',
    text: `INSERT INTO webhook_subscription (merchant_id, id, environment, app_id, url, events, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (merchant_id, environment, url) DO NOTHING RETURNING ${columns}`,
    values: [
      subscription.merchantId,
      subscription.id,
      subscription.environment,
      subscription.appId,
      subscription.url,
      subscription.events,
      subscription.createdAt,
      subscription.updatedAt,
    ],
  });
  return rows[0] && toSubscription(rows[0]);
}

export async function findSubscription(
  db: Db,
  owner: WebhookOwner,
  id: string,
): Promise<Subscription | undefined> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'webhook-subscription-find',
    text: `SELECT ${columns} FROM webhook_subscription WHERE merchant_id = $1 AND environment = $2 AND id = $3`,
    values: [owner.merchantId, owner.environment, id],
  });
  return rows[0] && toSubscription(rows[0]);
}

export async function findByUrl(db: Db, owner: WebhookOwner, url: string): Promise<Subscription | undefined> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'webhook-subscription-by-url',
    text: `SELECT ${columns} FROM webhook_subscription WHERE merchant_id = $1 AND environment = $2 AND url = $3`,
    values: [owner.merchantId, owner.environment, url],
  });
  return rows[0] && toSubscription(rows[0]);
}

export async function countSubscriptions(db: Db, owner: WebhookOwner): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'webhook-subscription-count',
    text: `SELECT count(*)::int AS count FROM webhook_subscription WHERE merchant_id = $1 AND environment = $2`,
    values: [owner.merchantId, owner.environment],
  });
  return rows[0]?.count ?? 0;
}

/** Oldest first. */
export async function listSubscriptions(
  db: Db,
  owner: WebhookOwner,
  page: { skip: number; limit: number },
): Promise<Subscription[]> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'webhook-subscription-list',
    text: `SELECT ${columns} FROM webhook_subscription WHERE merchant_id = $1 AND environment = $2
           ORDER BY created_at, id OFFSET $3 LIMIT $4`,
    values: [owner.merchantId, owner.environment, page.skip, page.limit],
  });
  return rows.map(toSubscription);
}

/**
 * Writes url and events and lets the subscription live again; what waited for it while it was disabled is due
 * now. @throws the unique violation `webhook_subscription_url` when another one has this url
 */
export async function saveSubscription(tx: Tx, subscription: Subscription): Promise<void> {
  const { merchantId, id, url, events, updatedAt } = subscription;
  await tx.query({
    name: 'webhook-subscription-save',
    text: `WITH saved AS (
             UPDATE webhook_subscription SET url = $3, events = $4, updated_at = $5, disabled_at = NULL
             WHERE merchant_id = $1 AND id = $2 RETURNING old.disabled_at AS disabled_before
           ), waiting AS (
             SELECT merchant_id, id FROM webhook_delivery
             WHERE merchant_id = $1 AND subscription_id = $2 AND next_attempt_at IS NOT NULL
               AND (SELECT disabled_before FROM saved) IS NOT NULL
             ORDER BY merchant_id, id FOR UPDATE)
           UPDATE webhook_delivery AS delivery SET next_attempt_at = $5
           FROM waiting WHERE delivery.merchant_id = waiting.merchant_id AND delivery.id = waiting.id`,
    values: [merchantId, id, url, events, updatedAt],
  });
}

/** False: somebody has changed its address meanwhile, or it was disabled or deleted. */
export async function disableSubscription(
  tx: Tx,
  subscription: { merchantId: string; subscriptionId: string; url: string },
  now: Date,
): Promise<Environment | undefined> {
  const { rows } = await tx.query<{ environment: Environment }>({
    name: 'webhook-subscription-disable',
    text: `UPDATE webhook_subscription SET disabled_at = $4
           WHERE merchant_id = $1 AND id = $2 AND url = $3 AND disabled_at IS NULL RETURNING environment`,
    values: [subscription.merchantId, subscription.subscriptionId, subscription.url, now],
  });
  return rows[0]?.environment;
}

/** Deletes it and gives up what waits for it. False: there is none. */
export async function deleteSubscription(tx: Tx, owner: WebhookOwner, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ deleted: boolean }>({
    name: 'webhook-subscription-delete',
    text: `WITH deleted AS (
             DELETE FROM webhook_subscription WHERE merchant_id = $1 AND environment = $2 AND id = $3 RETURNING id
           ), waiting AS (
             SELECT merchant_id, id FROM webhook_delivery
             WHERE merchant_id = $1 AND subscription_id = (SELECT id FROM deleted) AND next_attempt_at IS NOT NULL
             ORDER BY merchant_id, id FOR UPDATE
           ), cancelled AS (
             UPDATE webhook_delivery AS delivery SET status = 'cancelled', next_attempt_at = NULL
             FROM waiting WHERE delivery.merchant_id = waiting.merchant_id AND delivery.id = waiting.id)
           SELECT true AS deleted FROM deleted`,
    values: [owner.merchantId, owner.environment, id],
  });
  return rows.length === 1;
}

function toSubscription(row: SubscriptionRow): Subscription {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    environment: row.environment,
    appId: row.app_id,
    url: row.url,
    events: row.events,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.disabled_at !== null && { disabledAt: row.disabled_at }),
  };
}

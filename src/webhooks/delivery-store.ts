import type { Environment } from '../merchants/merchant.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { AfterAttempt, AttemptResult } from './attempt.ts';
import type { ClaimedDelivery, DeliveryKey } from './delivery.ts';
import { bodyPlace } from './event-store.ts';
import { openSecrets } from './secret-store.ts';

const isFree = '(delivery.leased_until IS NULL OR delivery.leased_until < now())';

/** How a store reads a delivery's key. */
export interface KeyRow {
  merchant_id: string;
  subscription_id: string;
  id: string;
}

interface ClaimRow {
  event_id: string;
  environment: Environment;
  attempts: number;
  failures: number;
  url: string;
  sealed_body: Buffer;
  sealed_primary: Buffer;
  sealed_next: Buffer | null;
}

/**
 * Takes a due delivery for one attempt. Undefined when there is nothing to do: not due, done, cancelled,
 * disabled, or with somebody else. Whoever dies with it gives it back when the lease runs out. A first
 * attempt is due whatever the clocks of two processes say of its time.
 */
export async function claimDelivery(
  db: Db,
  vault: Vault,
  key: DeliveryKey,
  now: Date,
  leaseMs: number,
): Promise<ClaimedDelivery | undefined> {
  const { rows } = await db.query<ClaimRow>({
    name: 'webhook-delivery-claim',
    text: `UPDATE webhook_delivery AS delivery
           SET leased_until = now() + make_interval(secs => $4::float8 / 1000), attempts = delivery.attempts + 1
           FROM webhook_event AS event, webhook_subscription AS subscription, webhook_secret AS secret
           WHERE delivery.merchant_id = $1 AND delivery.id = $2
             AND delivery.status = 'waiting' AND ${isFree}
             AND (delivery.failures = 0 OR delivery.next_attempt_at <= $3)
             AND event.merchant_id = $1 AND event.id = delivery.event_id AND event.sealed_body IS NOT NULL
             AND subscription.merchant_id = $1 AND subscription.id = delivery.subscription_id
             AND subscription.disabled_at IS NULL
             AND secret.merchant_id = $1 AND secret.environment = delivery.environment
           RETURNING delivery.event_id, delivery.environment, delivery.attempts, delivery.failures,
             subscription.url, event.sealed_body, secret.sealed_primary, secret.sealed_next`,
    values: [key.merchantId, key.deliveryId, now, leaseMs],
  });
  const row = rows[0];
  if (!row) return undefined;
  return {
    ...key,
    eventId: row.event_id,
    url: row.url,
    attempt: row.attempts,
    failures: row.failures,
    body: vault.open(bodyPlace(key.merchantId, row.event_id), row.sealed_body),
    secrets: openSecrets(vault, { merchantId: key.merchantId, environment: row.environment }, row),
  };
}

/** What one attempt came to, and what follows. A delivery that was given up meanwhile stays given up. */
export async function recordAttempt(
  db: Db,
  delivery: ClaimedDelivery,
  attempt: { startedAt: Date; durationMs: number; result: AttemptResult; after: AfterAttempt },
): Promise<void> {
  const { result, after } = attempt;
  await db.query({
    name: 'webhook-delivery-record',
    text: `WITH attempt AS (
             INSERT INTO webhook_attempt (merchant_id, delivery_id, number, started_at, duration_ms, status, failure)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (merchant_id, delivery_id, number) DO NOTHING)
           UPDATE webhook_delivery SET status = $8, next_attempt_at = $9, failures = $10, leased_until = NULL
           WHERE merchant_id = $1 AND id = $2 AND status = 'waiting'`,
    values: [
      delivery.merchantId,
      delivery.deliveryId,
      delivery.attempt,
      attempt.startedAt,
      Math.round(attempt.durationMs),
      'status' in result ? result.status : null,
      'failure' in result ? result.failure : null,
      after.status,
      after.status === 'waiting' ? after.nextAttemptAt : null,
      after.status === 'delivered' ? delivery.failures : delivery.failures + 1,
    ],
  });
}

/** The next due deliveries of one receiver, longest due first. */
export async function findDueOf(
  db: Db,
  receiver: Omit<DeliveryKey, 'deliveryId'>,
  now: Date,
  limit: number,
): Promise<DeliveryKey[]> {
  const { rows } = await db.query<KeyRow>({
    name: 'webhook-delivery-due-of',
    text: `SELECT delivery.merchant_id, delivery.subscription_id, delivery.id FROM webhook_delivery AS delivery
           JOIN webhook_subscription AS subscription
             ON subscription.merchant_id = delivery.merchant_id AND subscription.id = delivery.subscription_id
           WHERE delivery.merchant_id = $1 AND delivery.subscription_id = $2 AND delivery.status = 'waiting'
             AND delivery.next_attempt_at <= $3 AND ${isFree} AND subscription.disabled_at IS NULL
           ORDER BY delivery.next_attempt_at LIMIT $4`,
    values: [receiver.merchantId, receiver.subscriptionId, now, limit],
  });
  return rows.map(toKey);
}

/**
 * A few due deliveries of every receiver that has any. Hops over the index from receiver to receiver (a loose
 * index scan), so that the backlog of one costs and hides nothing.
 */
export async function findDue(
  db: Db,
  now: Date,
  limits: { perReceiver: number; inAll: number },
): Promise<DeliveryKey[]> {
  const { rows } = await db.query<KeyRow>({
    name: 'webhook-delivery-due',
    text: `WITH RECURSIVE receiver AS (
             (SELECT merchant_id, subscription_id FROM webhook_delivery WHERE status = 'waiting'
              ORDER BY merchant_id, subscription_id LIMIT 1)
             UNION ALL
             SELECT next.merchant_id, next.subscription_id FROM receiver CROSS JOIN LATERAL (
               SELECT merchant_id, subscription_id FROM webhook_delivery AS later
               WHERE later.status = 'waiting'
                 AND (later.merchant_id, later.subscription_id) > (receiver.merchant_id, receiver.subscription_id)
               ORDER BY later.merchant_id, later.subscription_id LIMIT 1) AS next)
           SELECT due.merchant_id, due.subscription_id, due.id FROM receiver
           JOIN webhook_subscription AS subscription ON subscription.merchant_id = receiver.merchant_id
             AND subscription.id = receiver.subscription_id AND subscription.disabled_at IS NULL
           CROSS JOIN LATERAL (
             SELECT delivery.merchant_id, delivery.subscription_id, delivery.id FROM webhook_delivery AS delivery
             WHERE delivery.merchant_id = receiver.merchant_id
               AND delivery.subscription_id = receiver.subscription_id AND delivery.status = 'waiting'
               AND delivery.next_attempt_at <= $1 AND ${isFree}
             ORDER BY delivery.next_attempt_at LIMIT $2) AS due
           LIMIT $3`,
    values: [now, limits.perReceiver, limits.inAll],
  });
  return rows.map(toKey);
}

/** Ends deliveries whose subscription was deleted while they were being made. */
export async function cancelOrphans(db: Db): Promise<void> {
  await db.query({
    name: 'webhook-delivery-orphans',
    text: `UPDATE webhook_delivery AS delivery SET status = 'cancelled', next_attempt_at = NULL
           WHERE status = 'waiting' AND NOT EXISTS (
             SELECT 1 FROM webhook_subscription AS subscription
             WHERE subscription.merchant_id = delivery.merchant_id AND subscription.id = delivery.subscription_id)`,
  });
}

export function toKey(row: KeyRow): DeliveryKey {
  return { merchantId: row.merchant_id, subscriptionId: row.subscription_id, deliveryId: row.id };
}

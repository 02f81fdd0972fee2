import type { Db } from '../platform/postgres/pool.ts';
import type { DeliveryKey } from './delivery.ts';
import { isFree } from './delivery-store.ts';

interface KeyRow {
  merchant_id: string;
  subscription_id: string;
  id: string;
}

/** The deliveries of one event that are not done, due or not: whoever claims them looks again. */
export async function findWaitingOf(db: Db, merchantId: string, eventId: string): Promise<DeliveryKey[]> {
  const { rows } = await db.query<KeyRow>({
    name: 'webhook-delivery-waiting-of',
    text: `SELECT merchant_id, subscription_id, id FROM webhook_delivery
           WHERE merchant_id = $1 AND event_id = $2 AND status = 'waiting'`,
    values: [merchantId, eventId],
  });
  return rows.map(toKey);
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
           WHERE delivery.merchant_id = $1 AND delivery.subscription_id = $2
             AND delivery.next_attempt_at <= $3 AND ${isFree} AND subscription.disabled_at IS NULL
           ORDER BY delivery.next_attempt_at LIMIT $4`,
    values: [receiver.merchantId, receiver.subscriptionId, now, limit],
  });
  return rows.map(toKey);
}

/** Comes before every receiver there can be. */
export const beforeAllReceivers: Omit<DeliveryKey, 'deliveryId'> = {
  merchantId: '',
  subscriptionId: '00000000-0000-0000-0000-000000000000',
};

/**
 * A few due deliveries of every receiver that has any, in the order of the receivers, from the one after
 * `after`. Hops over the index from receiver to receiver (a loose index scan), so that the backlog of one costs
 * and hides nothing.
 */
export async function findDue(
  db: Db,
  now: Date,
  after: Omit<DeliveryKey, 'deliveryId'>,
  limits: { perReceiver: number; inAll: number },
): Promise<DeliveryKey[]> {
  const { rows } = await db.query<KeyRow>({
    name: 'webhook-delivery-due',
    text: `WITH RECURSIVE receiver AS (
             (SELECT merchant_id, subscription_id FROM webhook_delivery
              WHERE next_attempt_at IS NOT NULL AND (merchant_id, subscription_id) > ($4, $5::uuid)
              ORDER BY merchant_id, subscription_id LIMIT 1)
             UNION ALL
             SELECT next.merchant_id, next.subscription_id FROM receiver CROSS JOIN LATERAL (
               SELECT merchant_id, subscription_id FROM webhook_delivery AS later
               WHERE later.next_attempt_at IS NOT NULL
                 AND (later.merchant_id, later.subscription_id) > (receiver.merchant_id, receiver.subscription_id)
               ORDER BY later.merchant_id, later.subscription_id LIMIT 1) AS next)
           SELECT due.merchant_id, due.subscription_id, due.id FROM receiver
           CROSS JOIN LATERAL (SELECT 1 FROM webhook_subscription
             WHERE merchant_id = receiver.merchant_id AND id = receiver.subscription_id AND disabled_at IS NULL
             LIMIT 1) AS living
           CROSS JOIN LATERAL (
             SELECT delivery.merchant_id, delivery.subscription_id, delivery.id FROM webhook_delivery AS delivery
             WHERE delivery.merchant_id = receiver.merchant_id
               AND delivery.subscription_id = receiver.subscription_id
               AND delivery.next_attempt_at <= $1 AND ${isFree}
             ORDER BY delivery.next_attempt_at LIMIT $2) AS due
           LIMIT $3`,
    values: [now, limits.perReceiver, limits.inAll, after.merchantId, after.subscriptionId],
  });
  return rows.map(toKey);
}

function toKey(row: KeyRow): DeliveryKey {
  return { merchantId: row.merchant_id, subscriptionId: row.subscription_id, deliveryId: row.id };
}

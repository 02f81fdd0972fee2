import type { Tx } from '../platform/postgres/pool.ts';
import { everyEvent } from './event-type.ts';
import type { WebhookOwner } from './owner.ts';

/** Which deliveries are sent again: of one event, of a time, or those that failed and are not delivered yet. */
export type Resend =
  | { readonly eventId: string }
  | { readonly from: Date; readonly to: Date }
  | { readonly failed: true };

/**
 * Starts the schedule of these deliveries anew, due now. An attempt in flight loses its lease, so that its
 * outcome does not undo the restart. Those whose subscription is gone or whose event was
 * erased are left.
 */
export async function restartDeliveries(
  tx: Tx,
  owner: WebhookOwner,
  which: Resend,
  now: Date,
): Promise<void> {
  const { name, condition, values } = conditionOf(which);
  await tx.query({
    name: `webhook-delivery-restart-${name}`,
    text: `WITH chosen AS (
             SELECT delivery.merchant_id, delivery.id FROM webhook_delivery AS delivery
             JOIN webhook_event AS event
               ON event.merchant_id = $1 AND event.id = delivery.event_id AND event.sealed_body IS NOT NULL
             JOIN webhook_subscription AS subscription
               ON subscription.merchant_id = $1 AND subscription.id = delivery.subscription_id
             WHERE delivery.merchant_id = $1 AND delivery.environment = $2 AND ${condition}
             ORDER BY delivery.merchant_id, delivery.id FOR UPDATE OF delivery)
           UPDATE webhook_delivery AS delivery
           SET status = 'waiting', failures = 0, next_attempt_at = $3, leased_until = NULL
           FROM chosen WHERE delivery.merchant_id = chosen.merchant_id AND delivery.id = chosen.id`,
    values: [owner.merchantId, owner.environment, now, ...values],
  });
}

/**
 * Subscriptions that exist now, listen to an event of this time, and never got a delivery of it: they were
 * made later, or were disabled when it happened.
 */
export async function findMissed(
  tx: Tx,
  owner: WebhookOwner,
  which: Exclude<Resend, { failed: true }>,
  limit: number,
): Promise<{ eventId: string; subscriptionId: string }[]> {
  const { name, condition, values } =
    'eventId' in which
      ? { name: 'event', condition: 'event.id = $4', values: [which.eventId] }
      : { name: 'time', condition: 'event.created_at BETWEEN $4 AND $5', values: [which.from, which.to] };
  const { rows } = await tx.query<{ eventId: string; subscriptionId: string }>({
    name: `webhook-delivery-missed-${name}`,
    text: `SELECT event.id AS "eventId", subscription.id AS "subscriptionId"
           FROM webhook_event AS event JOIN webhook_subscription AS subscription
             ON subscription.merchant_id = $1 AND subscription.environment = $2
             AND subscription.disabled_at IS NULL AND subscription.events && ARRAY[event.type, '${everyEvent}']
           WHERE event.merchant_id = $1 AND event.environment = $2 AND event.sealed_body IS NOT NULL
             AND ${condition}
             AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS delivery
                             WHERE delivery.merchant_id = $1 AND delivery.event_id = event.id
                               AND delivery.subscription_id = subscription.id)
           LIMIT $3`,
    values: [owner.merchantId, owner.environment, limit, ...values],
  });
  return rows;
}

/** Adds deliveries to events that are there already; due now. One that exists stays as it is. */
export async function insertDeliveries(
  tx: Tx,
  owner: WebhookOwner,
  deliveries: readonly { id: string; eventId: string; subscriptionId: string }[],
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'webhook-delivery-insert',
    text: `INSERT INTO webhook_delivery
             (merchant_id, id, environment, event_id, subscription_id, status, attempts, failures, next_attempt_at, created_at)
           SELECT $1, delivery.id, $2, delivery.event_id, delivery.subscription_id, 'waiting', 0, 0, $3, $3
           FROM unnest($4::uuid[], $5::uuid[], $6::uuid[]) AS delivery (id, event_id, subscription_id)
           ORDER BY delivery.event_id, delivery.subscription_id
           ON CONFLICT (merchant_id, event_id, subscription_id) DO NOTHING`,
    values: [
      owner.merchantId,
      owner.environment,
      now,
      deliveries.map((delivery) => delivery.id),
      deliveries.map((delivery) => delivery.eventId),
      deliveries.map((delivery) => delivery.subscriptionId),
    ],
  });
}

/** Each way is a statement of its own, so that each is planned for what it asks. Parameters from $4 on. */
function conditionOf(which: Resend): { name: string; condition: string; values: unknown[] } {
  if ('eventId' in which)
    return {
      name: 'event',
      condition: 'delivery.event_id = $4 AND event.id = $4',
      values: [which.eventId],
    };
  if ('failed' in which)
    return {
      name: 'failed',
      condition: `(delivery.status = 'exhausted' OR (delivery.status = 'waiting' AND delivery.failures > 0))`,
      values: [],
    };
  return { name: 'time', condition: 'event.created_at BETWEEN $4 AND $5', values: [which.from, which.to] };
}

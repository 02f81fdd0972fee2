import type { Environment } from '../merchants/merchant.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { DeliveryStatus } from './delivery.ts';

/** A delivery as it is listed, with every attempt. */
export interface ListedDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly subject: string | null;
  readonly subscriptionId: string;
  readonly status: DeliveryStatus;
  readonly nextAttemptAt: Date | null;
  readonly createdAt: Date;
  readonly attempts: readonly ListedAttempt[];
}

export interface ListedAttempt {
  readonly number: number;
  /** As PostgreSQL prints a timestamp in JSON. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly status: number | null;
  readonly failure: string | null;
}

export interface DeliveryFilter {
  readonly merchantId: string;
  readonly environment: Environment;
  readonly eventId?: string | undefined;
  readonly subscriptionId?: string | undefined;
  readonly subject?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

/** Newest first, from the one after `beforeId`. */
export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<ListedDelivery[]> {
  const { rows } = await db.query<ListedDelivery>({
    name: 'webhook-delivery-list',
    text: `SELECT delivery.id, delivery.event_id AS "eventId", event.type AS "eventType", event.subject,
             delivery.subscription_id AS "subscriptionId", delivery.status,
             delivery.next_attempt_at AS "nextAttemptAt", delivery.created_at AS "createdAt",
             ARRAY(SELECT jsonb_build_object('number', number, 'startedAt', started_at,
                          'durationMs', duration_ms, 'status', attempt.status, 'failure', failure)
                   FROM webhook_attempt AS attempt
                   WHERE attempt.merchant_id = delivery.merchant_id AND attempt.delivery_id = delivery.id
                   ORDER BY number) AS attempts
           FROM webhook_delivery AS delivery
           JOIN webhook_event AS event
             ON event.merchant_id = delivery.merchant_id AND event.id = delivery.event_id
           WHERE delivery.merchant_id = $1 AND delivery.environment = $2
             AND ($3::uuid IS NULL OR delivery.event_id = $3)
             AND ($4::uuid IS NULL OR delivery.subscription_id = $4)
             AND ($5::text IS NULL OR event.subject = $5)
             AND ($6::text IS NULL OR delivery.status = $6)
             AND ($7::uuid IS NULL OR delivery.id < $7)
           ORDER BY delivery.id DESC LIMIT $8`,
    values: [
      filter.merchantId,
      filter.environment,
      filter.eventId ?? null,
      filter.subscriptionId ?? null,
      filter.subject ?? null,
      filter.status ?? null,
      filter.beforeId ?? null,
      filter.limit,
    ],
  });
  return rows;
}

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
  const { merchantId, environment, limit } = filter;
  const { name, conditions, values } = narrow(filter);
  const { rows } = await db.query<ListedDelivery>({
    name: `webhook-delivery-list${name}`,
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
           WHERE delivery.merchant_id = $1 AND delivery.environment = $2 ${conditions}
           ORDER BY delivery.id DESC LIMIT $3`,
    values: [merchantId, environment, limit, ...values],
  });
  return rows;
}

/**
 * What a filter asks for, as a statement of its own for each set of filters, so that each is planned for what it
 * asks. Those of one event or session are few: found by `webhook_delivery_once`, never by going through all.
 */
function narrow(filter: DeliveryFilter): { name: string; conditions: string; values: string[] } {
  const eventsOf = (parameter: string) =>
    `ARRAY(SELECT id FROM webhook_event WHERE merchant_id = $1 AND subject = ${parameter})`;
  const known = [
    ['event', filter.eventId, (parameter: string) => `delivery.event_id = ${parameter}`],
    ['subject', filter.subject, (parameter: string) => `delivery.event_id = ANY (${eventsOf(parameter)})`],
    ['subscription', filter.subscriptionId, (parameter: string) => `delivery.subscription_id = ${parameter}`],
    ['status', filter.status, (parameter: string) => `delivery.status = ${parameter}`],
    ['before', filter.beforeId, (parameter: string) => `delivery.id < ${parameter}`],
  ] as const;
  const given = known.flatMap(([name, value, toSql]) =>
    value === undefined ? [] : [{ name, value, toSql }],
  );
  return {
    name: given.map(({ name }) => `-${name}`).join(''),
    conditions: given.map(({ toSql }, index) => `AND ${toSql(`$${index + 4}`)}`).join(' '),
    values: given.map(({ value }) => value),
  };
}

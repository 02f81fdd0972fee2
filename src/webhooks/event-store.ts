import type { Environment } from '../merchants/merchant.ts';
import type { SealedPlace } from '../platform/crypto/cipher.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { NewEvent } from './event.ts';
import { everyEvent } from './event-type.ts';

/** An event as it is listed: without its body. */
export interface ListedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  readonly sequence: number;
  readonly createdAt: Date;
}

export interface EventFilter {
  readonly merchantId: string;
  readonly environment: Environment;
  readonly subject?: string | undefined;
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

const afterAllIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Where the bytes of an event's body are sealed to. */
export function bodyPlace(merchantId: string, eventId: string): SealedPlace {
  return { table: 'webhook_event', merchantId, rowId: eventId, column: 'sealed_body' };
}

/** Counts one more event of the subject, and says who listens to this type now. */
export async function openEvent(
  tx: Tx,
  event: NewEvent,
): Promise<{ sequence: number; subscriptionIds: string[] }> {
  const { rows } = await tx.query<{ sequence: number; subscription_ids: string[] }>({
    name: 'webhook-event-open',
    text: `WITH counted AS (
             INSERT INTO webhook_subject (merchant_id, subject, last_sequence)
             SELECT $1, $2::text, 1 WHERE $2::text IS NOT NULL
             ON CONFLICT (merchant_id, subject) DO UPDATE SET last_sequence = webhook_subject.last_sequence + 1
             RETURNING last_sequence)
           SELECT coalesce((SELECT last_sequence FROM counted), 1) AS sequence,
                  ARRAY(SELECT id::text FROM webhook_subscription
                        WHERE merchant_id = $1 AND environment = $3 AND disabled_at IS NULL
                          AND events && ARRAY[$4::text, '${everyEvent}']) AS subscription_ids`,
    values: [event.merchantId, event.subject ?? null, event.environment, event.type],
  });
  return { sequence: rows[0]?.sequence ?? 1, subscriptionIds: rows[0]?.subscription_ids ?? [] };
}

/** Stores the event with one delivery, due at once, for each subscription. */
export async function insertEvent(
  tx: Tx,
  vault: Vault,
  event: NewEvent & { id: string; sequence: number; body: string },
  deliveries: readonly { id: string; subscriptionId: string }[],
): Promise<void> {
  await tx.query({
    name: 'webhook-event-insert',
    text: `WITH event AS (
             INSERT INTO webhook_event (merchant_id, id, environment, type, subject, sequence, sealed_body, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8))
           INSERT INTO webhook_delivery
             (merchant_id, id, environment, event_id, subscription_id, status, attempts, failures, next_attempt_at, created_at)
           SELECT $1, delivery.id, $3, $2, delivery.subscription_id, 'waiting', 0, 0, $8, $8
           FROM unnest($9::uuid[], $10::uuid[]) AS delivery (id, subscription_id)`,
    values: [
      event.merchantId,
      event.id,
      event.environment,
      event.type,
      event.subject ?? null,
      event.sequence,
      vault.seal(bodyPlace(event.merchantId, event.id), event.body),
      event.at,
      deliveries.map((delivery) => delivery.id),
      deliveries.map((delivery) => delivery.subscriptionId),
    ],
  });
}

export async function findEvent(
  db: Db,
  merchantId: string,
  environment: Environment,
  id: string,
): Promise<{ erased: boolean } | undefined> {
  const { rows } = await db.query<{ erased: boolean }>({
    name: 'webhook-event-find',
    text: `SELECT sealed_body IS NULL AS erased FROM webhook_event
           WHERE merchant_id = $1 AND environment = $2 AND id = $3`,
    values: [merchantId, environment, id],
  });
  return rows[0];
}

/** Newest first, from the one after `beforeId`. */
export async function listEvents(db: Db, filter: EventFilter): Promise<ListedEvent[]> {
  const { merchantId, environment, subject, beforeId, limit } = filter;
  // A statement with and one without a subject, so that each is planned for what it asks.
  const ofSubject = subject === undefined ? '' : 'AND subject = $5';
  const { rows } = await db.query<ListedEvent>({
    name: `webhook-event-list${ofSubject && '-subject'}`,
    text: `SELECT id, type, subject, sequence, created_at AS "createdAt" FROM webhook_event
           WHERE merchant_id = $1 AND environment = $2 AND id < $3 ${ofSubject}
           ORDER BY id DESC LIMIT $4`,
    values: [
      merchantId,
      environment,
      beforeId ?? afterAllIds,
      limit,
      ...(subject === undefined ? [] : [subject]),
    ],
  });
  return rows;
}

/** Forgets what was said about a subject, and everything that was still to be sent. The ids stay. */
export async function eraseSubject(tx: Tx, merchantId: string, subject: string): Promise<void> {
  await tx.query({
    name: 'webhook-event-erase',
    text: `WITH told AS (
             SELECT id FROM webhook_event WHERE merchant_id = $1 AND subject = $2 ORDER BY id FOR UPDATE
           ), erased AS (
             UPDATE webhook_event SET sealed_body = NULL
             WHERE merchant_id = $1 AND id IN (SELECT id FROM told) RETURNING id
           ), waiting AS (
             SELECT merchant_id, id FROM webhook_delivery
             WHERE merchant_id = $1 AND event_id IN (SELECT id FROM erased) AND status = 'waiting'
             ORDER BY merchant_id, id FOR UPDATE)
           UPDATE webhook_delivery AS delivery SET status = 'cancelled', next_attempt_at = NULL
           FROM waiting WHERE delivery.merchant_id = waiting.merchant_id AND delivery.id = waiting.id`,
    values: [merchantId, subject],
  });
}

/** Deletes events that are older, with all that was recorded about them. Returns how many. */
export async function deleteEventsBefore(db: Db, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'webhook-event-delete-old',
    text: `WITH old AS (
             SELECT merchant_id, id FROM webhook_event WHERE created_at < $1
             ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
           ), told AS (
             SELECT delivery.merchant_id, delivery.id FROM webhook_delivery AS delivery
             JOIN old ON delivery.merchant_id = old.merchant_id AND delivery.event_id = old.id
             ORDER BY delivery.merchant_id, delivery.id FOR UPDATE OF delivery
           ), deliveries AS (
             DELETE FROM webhook_delivery AS delivery USING told
             WHERE delivery.merchant_id = told.merchant_id AND delivery.id = told.id
             RETURNING delivery.merchant_id, delivery.id
           ), attempts AS (
             DELETE FROM webhook_attempt attempt USING deliveries
             WHERE attempt.merchant_id = deliveries.merchant_id AND attempt.delivery_id = deliveries.id
           )
           DELETE FROM webhook_event event USING old
           WHERE event.merchant_id = old.merchant_id AND event.id = old.id`,
    values: [before, limit],
  });
  return rowCount ?? 0;
}

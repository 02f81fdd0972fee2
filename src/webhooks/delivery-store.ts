import type { Environment } from '../merchants/merchant.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { AfterAttempt, AttemptResult } from './attempt.ts';
import type { ClaimedDelivery, DeliveryKey } from './delivery.ts';
import { bodyPlace } from './event-store.ts';
import { openSecrets } from './secret-store.ts';

/*
 * Statements that wait for locks take those of deliveries last, after the subscription's or the event's, and in
 * the order of their key: two that met in different orders would wait for each other (40P01).
 */

/** Nobody attempts it now, by the clock of the leases. */
export const isFree = '(delivery.leased_until IS NULL OR delivery.leased_until < now())';

/** A claimed delivery as it lies in the database. */
export interface SealedDelivery {
  readonly key: DeliveryKey;
  readonly eventId: string;
  readonly environment: Environment;
  readonly attempt: number;
  readonly failures: number;
  readonly url: string;
  readonly sealedBody: Buffer;
  readonly sealed_primary: Buffer;
  readonly sealed_next: Buffer | null;
}

/**
 * Takes due deliveries for one attempt each; undefined where there is nothing to do: not due, done, cancelled,
 * disabled, or with somebody else. Whoever dies with one gives it back when the lease runs out. A first
 * attempt is due whatever the clocks of two processes say of its time.
 */
export async function claimDeliveries(
  db: Db,
  keys: readonly DeliveryKey[],
  now: Date,
  leaseMs: number,
): Promise<(SealedDelivery | undefined)[]> {
  const { rows } = await db.query<Omit<SealedDelivery, 'key'> & { id: string }>({
    name: 'webhook-delivery-claim',
    // Fenced so that every table is read by its key, one row at a time. As a plain join, and before the first
    // ANALYZE of a table that has grown, PostgreSQL went through all rows for each: seconds, not milliseconds.
    text: `WITH due AS (
             SELECT free.* FROM unnest($1::text[], $2::uuid[]) AS wanted (merchant_id, id)
             CROSS JOIN LATERAL (
               SELECT merchant_id, id, event_id, subscription_id, environment FROM webhook_delivery AS delivery
               WHERE merchant_id = wanted.merchant_id AND id = wanted.id AND status = 'waiting' AND ${isFree}
                 AND (failures = 0 OR next_attempt_at <= $3)
               FOR UPDATE SKIP LOCKED) AS free
           ), ready AS MATERIALIZED (
             SELECT due.merchant_id, due.id, event.sealed_body, subscription.url,
               secret.sealed_primary, secret.sealed_next
             FROM due
             CROSS JOIN LATERAL (SELECT sealed_body FROM webhook_event
               WHERE merchant_id = due.merchant_id AND id = due.event_id AND sealed_body IS NOT NULL
               LIMIT 1) AS event
             CROSS JOIN LATERAL (SELECT url FROM webhook_subscription
               WHERE merchant_id = due.merchant_id AND id = due.subscription_id AND disabled_at IS NULL
               LIMIT 1) AS subscription
             CROSS JOIN LATERAL (SELECT sealed_primary, sealed_next FROM webhook_secret
               WHERE merchant_id = due.merchant_id AND environment = due.environment
               LIMIT 1) AS secret)
           UPDATE webhook_delivery AS delivery
           SET leased_until = now() + make_interval(secs => $4::float8 / 1000), attempts = delivery.attempts + 1
           FROM ready WHERE delivery.merchant_id = ready.merchant_id AND delivery.id = ready.id
           RETURNING delivery.id, delivery.event_id AS "eventId", delivery.environment,
             delivery.attempts AS attempt, delivery.failures, ready.url, ready.sealed_body AS "sealedBody",
             ready.sealed_primary, ready.sealed_next`,
    values: [keys.map((key) => key.merchantId), keys.map((key) => key.deliveryId), now, leaseMs],
  });
  const claimed = new Map(rows.map((row) => [row.id, row]));
  return keys.map((key) => {
    const row = claimed.get(key.deliveryId);
    return row && { ...row, key };
  });
}

/** @throws SealBroken when the master key is not there */
export function openDelivery(vault: Vault, sealed: SealedDelivery): ClaimedDelivery {
  const { key, eventId, url, attempt, failures, environment } = sealed;
  return {
    ...key,
    eventId,
    url,
    attempt,
    failures,
    body: vault.open(bodyPlace(key.merchantId, eventId), sealed.sealedBody),
    secrets: openSecrets(vault, { merchantId: key.merchantId, environment }, sealed),
  };
}

/** One attempt that was made, and what follows from it. */
export interface MadeAttempt {
  readonly delivery: ClaimedDelivery;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly result: AttemptResult;
  readonly after: AfterAttempt;
}

/**
 * Writes down attempts. What they mean for their deliveries counts only while these are still theirs: not once
 * they were given up, restarted (which ends the lease), or attempted anew by somebody else after the lease.
 */
export async function recordAttempts(db: Db, made: readonly MadeAttempt[]): Promise<void> {
  await db.query({
    name: 'webhook-delivery-record',
    text: `WITH made AS (
             SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::timestamptz[], $5::int[], $6::smallint[],
                                  $7::text[], $8::text[], $9::timestamptz[], $10::int[])
               AS made (merchant_id, delivery_id, number, started_at, duration_ms, status,
                        failure, outcome, next_attempt_at, failures)
             ORDER BY merchant_id, delivery_id
           ), attempt AS (
             INSERT INTO webhook_attempt (merchant_id, delivery_id, number, started_at, duration_ms, status, failure)
             SELECT merchant_id, delivery_id, number, started_at, duration_ms, status, failure FROM made
             ON CONFLICT (merchant_id, delivery_id, number) DO NOTHING
           ), held AS (
             SELECT made.* FROM made CROSS JOIN LATERAL (
               SELECT 1 FROM webhook_delivery AS delivery
               WHERE merchant_id = made.merchant_id AND id = made.delivery_id AND delivery.status = 'waiting'
                 AND attempts = made.number AND leased_until IS NOT NULL
               FOR UPDATE) AS theirs)
           UPDATE webhook_delivery AS delivery SET status = held.outcome, next_attempt_at = held.next_attempt_at,
             failures = held.failures, leased_until = NULL
           FROM held
           WHERE delivery.merchant_id = held.merchant_id AND delivery.id = held.delivery_id`,
    values: [
      made.map(({ delivery }) => delivery.merchantId),
      made.map(({ delivery }) => delivery.deliveryId),
      made.map(({ delivery }) => delivery.attempt),
      made.map(({ startedAt }) => startedAt),
      made.map(({ durationMs }) => Math.round(durationMs)),
      made.map(({ result }) => ('status' in result ? result.status : null)),
      made.map(({ result }) => ('failure' in result ? result.failure : null)),
      made.map(({ after }) => after.status),
      made.map(({ after }) => (after.status === 'waiting' ? after.nextAttemptAt : null)),
      made.map(({ after, delivery }) => delivery.failures + (after.status === 'delivered' ? 0 : 1)),
    ],
  });
}

/** Ends deliveries whose subscription was deleted while they were being made. */
export async function cancelOrphans(db: Db): Promise<void> {
  await db.query({
    name: 'webhook-delivery-orphans',
    text: `WITH orphan AS (
             SELECT merchant_id, id FROM webhook_delivery AS delivery
             WHERE next_attempt_at IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM webhook_subscription AS subscription
               WHERE subscription.merchant_id = delivery.merchant_id AND subscription.id = delivery.subscription_id)
             ORDER BY merchant_id, id FOR UPDATE)
           UPDATE webhook_delivery AS delivery SET status = 'cancelled', next_attempt_at = NULL
           FROM orphan WHERE delivery.merchant_id = orphan.merchant_id AND delivery.id = orphan.id`,
  });
}

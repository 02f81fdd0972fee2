import { assert } from '../core/assert.ts';
import type { SigningSecrets } from './secret.ts';

/**
 * waiting: to be attempted (again); delivered: a 2xx; exhausted: every attempt of the schedule failed;
 * cancelled: its subscription was deleted or its session erased.
 */
export const deliveryStatuses = ['waiting', 'delivered', 'exhausted', 'cancelled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** What names a delivery in memory. The receiver is in it, to be fair among receivers unread. */
export interface DeliveryKey {
  readonly merchantId: string;
  readonly subscriptionId: string;
  readonly deliveryId: string;
}

/** What names, in a job, an event of which deliveries are due. */
export interface EventKey {
  readonly merchantId: string;
  readonly eventId: string;
}

/** A delivery that this process has leased, with all that one attempt needs. */
export interface ClaimedDelivery extends DeliveryKey {
  readonly eventId: string;
  readonly url: string;
  /** Counted from 1, over all restarts of the schedule. */
  readonly attempt: number;
  /** Failed attempts since the schedule (re)started. */
  readonly failures: number;
  readonly body: Buffer;
  readonly secrets: SigningSecrets;
}

export const deliverTask = 'webhook-deliver';

/** @throws when the payload is not what `deliverTask` jobs are made with */
export function parseEventKey(payload: unknown): EventKey {
  const { merchantId, eventId } = (payload ?? {}) as Record<string, unknown>;
  assert(typeof merchantId === 'string', 'a delivery job names its merchant');
  assert(typeof eventId === 'string', 'a delivery job names its event');
  return { merchantId, eventId };
}

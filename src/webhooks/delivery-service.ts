import type pg from 'pg';
import { type Clock, monotonicMs } from '../core/clock.ts';
import { ApiError } from '../core/errors.ts';
import { uuidv7 } from '../core/ids.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { OutboundFailure, type OutboundReason } from '../platform/outbound/failure.ts';
import type { Outbound, OutboundResponse } from '../platform/outbound/outbound.ts';
import { type Db, dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { type AttemptResult, isGone, isSuccess, judge } from './attempt.ts';
import type { ClaimedDelivery, DeliveryKey } from './delivery.ts';
import { type DeliveryFilter, type ListedDelivery, listDeliveries } from './delivery-list-store.ts';
import { cancelOrphans, claimDelivery, findDue, findDueOf, recordAttempt } from './delivery-store.ts';
import { eventRetentionMs, type NewEvent, printEvent } from './event.ts';
import { deleteEventsBefore } from './event-store.ts';
import { type Reaction, ReceiverLanes } from './receiver-lanes.ts';
import type { SigningSecrets } from './secret.ts';
import { signatureHeaders } from './signature.ts';
import type { Subscription } from './subscription.ts';
import { disableSubscription } from './subscription-store.ts';

export interface DeliveryDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbound: Outbound;
  /** How an event is published, for what deliveries themselves have to tell. */
  readonly publish: (tx: Tx, event: NewEvent) => Promise<void>;
}

/** What a receiver answered to a ping. */
export interface PingAnswer {
  readonly date: Date;
  readonly status: number;
  /** The beginning of what it said, as text. */
  readonly text: string;
  readonly success: boolean;
}

/** A receiver has this long for everything: to be reached, to read, and to answer to the last byte. */
const attemptTimeoutMs = 10_000;
/** Longer than an attempt, and short enough that a killed process's deliveries go on within 30 s. */
const leaseMs = 20_000;
/** Nobody reads it; but a short answer read to its end leaves a connection that can be used again. */
const maxAnswerBytes = 16 * 1_024;
const maxPingAnswerBytes = 1_024;
const duePerReceiver = 8;
const dueInAll = 10_000;
const deletedAtOnce = 1_000;

/** Brings events to receivers: at least once, by the retry schedule, and never one at the cost of another. */
export class DeliveryService {
  readonly #deps: DeliveryDeps;
  readonly #db: Db;
  readonly #lanes: ReceiverLanes;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    this.#db = dbOf(deps.pool);
    this.#lanes = new ReceiverLanes({
      attempt: (key) => this.#attempt(key),
      refill: (receiver, limit) => this.#refill(receiver, limit),
    });
  }

  /**
   * Hands a delivery to its receiver's line and returns at once: the row in the database is the truth, and a
   * job only says that it may be due. What is lost with this process, the sweep of another one finds.
   */
  offer(key: DeliveryKey): void {
    this.#lanes.offer(key);
  }

  /** Takes up what is due: retries, and first attempts whose process died. */
  async sweep(): Promise<void> {
    const limits = { perReceiver: duePerReceiver, inAll: dueInAll };
    const due = await findDue(this.#db, this.#deps.clock.now(), limits);
    const found = Map.groupBy(due, ({ merchantId, subscriptionId }) => `${merchantId}/${subscriptionId}`);
    for (const keys of found.values())
      for (const [index, key] of keys.entries()) this.#lanes.offer(key, index + 1 === duePerReceiver);
  }

  /** Forgets events after 30 days, with their deliveries. */
  async deleteOld(): Promise<void> {
    const before = new Date(this.#deps.clock.now().getTime() - eventRetentionMs);
    await cancelOrphans(this.#db);
    while ((await deleteEventsBefore(this.#db, before, deletedAtOnce)) === deletedAtOnce);
  }

  /** Resolves when nothing that was offered waits or runs any more. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  /** Begins no attempt any more, and lets those in flight end. */
  close(): Promise<void> {
    return this.#lanes.close();
  }

  async list(filter: DeliveryFilter): Promise<ListedDelivery[]> {
    return listDeliveries(this.#db, filter);
  }

  /**
   * Sends a `test` event to one receiver now, and tells what it answered. Not recorded, not repeated.
   * @throws ApiError REQUEST_FAILED when there was no answer, with the reason
   */
  async ping(subscription: Subscription, secrets: SigningSecrets): Promise<PingAnswer> {
    const { merchantId, environment, url } = subscription;
    const at = this.#deps.clock.now();
    const id = uuidv7(at);
    const payload = { subscriptionId: subscription.id };
    const event: NewEvent = { merchantId, environment, type: 'test', payload, at };
    const body = Buffer.from(printEvent(id, 1, event));
    try {
      const answer = await this.#send({ url, eventId: id, body, secrets }, at, maxPingAnswerBytes);
      const text = answer.body.toString('utf8').replaceAll('\0', '\ufffd');
      return { date: at, status: answer.status, text, success: isSuccess(answer) };
    } catch (error) {
      if (!(error instanceof OutboundFailure)) throw error;
      throw new ApiError('REQUEST_FAILED', `The receiver gave no answer: ${words[error.reason]}.`);
    }
  }

  async #refill(receiver: Omit<DeliveryKey, 'deliveryId'>, limit: number): Promise<readonly DeliveryKey[]> {
    try {
      return await findDueOf(this.#db, receiver, this.#deps.clock.now(), limit);
    } catch (err) {
      this.#deps.logger.error({ err, ...receiver }, 'due webhook deliveries could not be read');
      return [];
    }
  }

  /** One attempt of a delivery, if there is one to make. */
  async #attempt(key: DeliveryKey): Promise<Reaction> {
    const { vault, clock, logger } = this.#deps;
    try {
      const delivery = await claimDelivery(this.#db, vault, key, clock.now(), leaseMs);
      if (!delivery) return 'nothing';
      return await this.#attemptClaimed(delivery);
    } catch (err) {
      logger.error({ err, ...key }, 'a webhook delivery could not be attempted or recorded');
      return 'nothing';
    }
  }

  async #attemptClaimed(delivery: ClaimedDelivery): Promise<Reaction> {
    const startedAt = this.#deps.clock.now();
    const startedMs = monotonicMs();
    const result = await this.#resultOf(delivery, startedAt);
    const durationMs = monotonicMs() - startedMs;
    const after = judge(result, delivery.failures, this.#deps.clock.now());
    await this.#record(delivery, { startedAt, durationMs, result, after });
    this.#deps.logger.info(
      {
        merchantId: delivery.merchantId,
        subscriptionId: delivery.subscriptionId,
        deliveryId: delivery.deliveryId,
        eventId: delivery.eventId,
        attempt: delivery.attempt,
        ...('status' in result ? { status: result.status } : { failure: result.failure }),
        outcome: after.status,
        durationMs: Math.round(durationMs),
      },
      'webhook attempt',
    );
    if (isSuccess(result)) return 'took';
    return 'status' in result ? 'refused' : 'silent';
  }

  async #resultOf(delivery: ClaimedDelivery, at: Date): Promise<AttemptResult> {
    try {
      const { status, headers } = await this.#send(delivery, at, maxAnswerBytes);
      const retryAfter = headers['retry-after'];
      return { status, ...(retryAfter !== undefined && { retryAfter }) };
    } catch (error) {
      if (error instanceof OutboundFailure) return { failure: error.reason };
      throw error;
    }
  }

  #send(
    message: Pick<ClaimedDelivery, 'url' | 'eventId' | 'body' | 'secrets'>,
    at: Date,
    maxBodyBytes: number,
  ): Promise<OutboundResponse> {
    const { url, eventId, body, secrets } = message;
    return this.#deps.outbound.send({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Trellis-Webhooks/1',
        // A 2xx is a 2xx even if its body could not be unfolded.
        'accept-encoding': 'identity',
        ...signatureHeaders({ id: eventId, at, body }, secrets),
      },
      body,
      timeoutMs: attemptTimeoutMs,
      maxBodyBytes,
      whenTooLarge: 'cut',
    });
  }

  async #record(delivery: ClaimedDelivery, attempt: Parameters<typeof recordAttempt>[2]): Promise<void> {
    if (!isGone(attempt.result)) return recordAttempt(this.#db, delivery, attempt);
    await transaction(this.#deps.pool, async (tx) => {
      await recordAttempt(tx, delivery, attempt);
      await this.#disable(tx, delivery);
    });
  }

  /** Nothing more goes to an address that says it is gone; the merchant's other addresses are told. */
  async #disable(tx: Tx, { merchantId, subscriptionId, url }: ClaimedDelivery): Promise<void> {
    const at = this.#deps.clock.now();
    const environment = await disableSubscription(tx, { merchantId, subscriptionId, url }, at);
    if (environment === undefined) return;
    const payload = { subscriptionId, url, reason: 'gone' };
    await this.#deps.publish(tx, { merchantId, environment, type: 'webhook_endpoint_paused', payload, at });
  }
}

/** For the merchant who pings: what to look at. */
const words: Readonly<Record<OutboundReason, string>> = {
  'refused-address': 'its address may not be called',
  dns: 'its host name cannot be found',
  connect: 'it accepts no connection',
  tls: 'there is no trusted TLS connection to it',
  timeout: `it took longer than ${attemptTimeoutMs / 1_000} seconds`,
  reset: 'it closed the connection too early',
  'too-large': 'its answer is too large',
  'bad-answer': 'what it sent is not HTTP',
};

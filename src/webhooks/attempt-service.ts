import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type Clock, monotonicMs } from '../core/clock.ts';
import { ApiError } from '../core/errors.ts';
import { uuidv7 } from '../core/ids.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { OutboundFailure, type OutboundReason } from '../platform/outbound/failure.ts';
import type { Outbound, OutboundResponse } from '../platform/outbound/outbound.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { type AttemptResult, isGone, isSuccess, judge } from './attempt.ts';
import { Batch } from './batch.ts';
import type { ClaimedDelivery, DeliveryKey } from './delivery.ts';
import {
  claimDeliveries,
  type MadeAttempt,
  openDelivery,
  recordAttempts,
  type SealedDelivery,
} from './delivery-store.ts';
import { type NewEvent, printEvent } from './event.ts';
import type { Reaction } from './receiver-lanes.ts';
import type { SigningSecrets } from './secret.ts';
import { signatureHeaders } from './signature.ts';
import type { Subscription } from './subscription.ts';
import { disableSubscription } from './subscription-store.ts';

export interface AttemptDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbound: Outbound;
  /** How an event is published, for what an attempt itself has to tell. */
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
const maxBatch = 64;
/** While the lease lasts: what was sent and cannot be recorded would be sent again. */
const recordAgainAfterMs = [100, 1_000, 4_000];

/** Makes single attempts: takes a delivery, sends it, records what came of it. */
export class AttemptService {
  readonly #deps: AttemptDeps;
  readonly #claims: Batch<DeliveryKey, SealedDelivery | undefined>;
  readonly #records: Batch<MadeAttempt, true>;

  constructor(deps: AttemptDeps) {
    this.#deps = deps;
    const db = dbOf(deps.pool);
    this.#claims = new Batch((keys) => claimDeliveries(db, keys, deps.clock.now(), leaseMs), maxBatch);
    this.#records = new Batch(async (made) => {
      await recordAttempts(db, made);
      return made.map(() => true);
    }, maxBatch);
  }

  /** One attempt of a delivery, if there is one to make. Never rejects: what fails is logged and due again. */
  async attempt(key: DeliveryKey): Promise<Reaction> {
    try {
      const sealed = await this.#claims.add(key);
      if (!sealed) return 'nothing';
      const made = await this.#make(openDelivery(this.#deps.vault, sealed));
      await this.#record(made);
      this.#log(made);
      if (isSuccess(made.result)) return 'took';
      return 'status' in made.result ? 'refused' : 'silent';
    } catch (err) {
      this.#deps.logger.error({ err, ...key }, 'a webhook delivery could not be attempted or recorded');
      return 'broken';
    }
  }

  /**
   * Sends a `test` event to one receiver now, and tells what it answered. Not recorded, not repeated.
   * @throws ApiError REQUEST_FAILED when there was no answer, with the reason
   */
  async ping(subscription: Subscription, secrets: SigningSecrets): Promise<PingAnswer> {
    const { merchantId, environment, url } = subscription;
    const at = this.#deps.clock.now();
    const eventId = uuidv7(at);
    const payload = { subscriptionId: subscription.id };
    const { body } = printEvent(eventId, 1, { merchantId, environment, type: 'test', payload, at });
    const message = { url, eventId, body: Buffer.from(body), secrets };
    try {
      const answer = await this.#send(message, at, maxPingAnswerBytes);
      const text = answer.body.toString('utf8').replaceAll('\0', '\ufffd');
      return { date: at, status: answer.status, text, success: isSuccess(answer) };
    } catch (error) {
      if (!(error instanceof OutboundFailure)) throw error;
      throw new ApiError('REQUEST_FAILED', `The receiver gave no answer: ${reasons[error.reason]}.`);
    }
  }

  async #make(delivery: ClaimedDelivery): Promise<MadeAttempt> {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    const startedMs = monotonicMs();
    const result = await this.#resultOf(delivery, startedAt);
    const durationMs = monotonicMs() - startedMs;
    return { delivery, startedAt, durationMs, result, after: judge(result, delivery.failures, clock.now()) };
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

  async #record(made: MadeAttempt): Promise<void> {
    for (const waitMs of recordAgainAfterMs) {
      try {
        return await this.#recordOnce(made);
      } catch (err) {
        const { deliveryId } = made.delivery;
        this.#deps.logger.warn({ err, deliveryId }, 'a webhook attempt is recorded again in a moment');
        await delay(waitMs);
      }
    }
    await this.#recordOnce(made);
  }

  async #recordOnce(made: MadeAttempt): Promise<void> {
    if (!isGone(made.result)) {
      await this.#records.add(made);
      return;
    }
    // The subscription before its delivery, as everybody locks them.
    await transaction(this.#deps.pool, async (tx) => {
      await this.#disable(tx, made.delivery);
      await recordAttempts(tx, [made]);
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

  #log({ delivery, result, after, durationMs }: MadeAttempt): void {
    const { merchantId, subscriptionId, deliveryId, eventId, attempt } = delivery;
    const outcome = 'status' in result ? { status: result.status } : { failure: result.failure };
    this.#deps.logger.info(
      {
        merchantId,
        subscriptionId,
        deliveryId,
        eventId,
        attempt,
        ...outcome,
        delivery: after.status,
        durationMs: Math.round(durationMs),
      },
      'webhook attempt',
    );
  }
}

/** For the merchant who pings: what to look at. */
const reasons: Readonly<Record<OutboundReason, string>> = {
  'refused-address': 'its address may not be called',
  dns: 'its host name cannot be found',
  connect: 'it accepts no connection',
  tls: 'there is no trusted TLS connection to it',
  timeout: `it took longer than ${attemptTimeoutMs / 1_000} seconds`,
  reset: 'it closed the connection too early',
  'too-large': 'its answer is too large',
  'bad-answer': 'what it sent is not HTTP',
};

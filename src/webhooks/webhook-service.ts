import type pg from 'pg';
import type { Clock } from '../core/clock.ts';
import { ApiError, invalid } from '../core/errors.ts';
import { isUuid, uuidv7 } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import type { Environment, MerchantPrincipal } from '../merchants/merchant.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { enqueue } from '../platform/jobs/queue.ts';
import type { Outbound } from '../platform/outbound/outbound.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { AttemptService, type PingAnswer } from './attempt-service.ts';
import { deliverTask, type EventKey } from './delivery.ts';
import { DeliveryService } from './delivery-service.ts';
import { type NewEvent, printEvent } from './event.ts';
import {
  eraseSubject,
  findEvent,
  insertEvent,
  type ListedEvent,
  listEvents,
  openEvent,
} from './event-store.ts';
import { ownerOf, type WebhookOwner } from './owner.ts';
import { findMissed, insertDeliveries, type Resend, restartDeliveries } from './resend-store.ts';
import { SecretService } from './secret-service.ts';
import { SubscriptionService } from './subscription-service.ts';

export interface WebhookDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Its policy says which receivers may be reached. */
  readonly outbound: Outbound;
}

/** How many deliveries one request may add. */
const maxMissed = 10_000;

/** How merchants are told what happened: events go in here, within the transaction that makes them true. */
export class WebhookService {
  readonly #deps: WebhookDeps;
  readonly #attempts: AttemptService;
  readonly secrets: SecretService;
  readonly subscriptions: SubscriptionService;
  readonly deliveries: DeliveryService;

  constructor(deps: WebhookDeps) {
    this.#deps = deps;
    this.secrets = new SecretService(deps);
    const db = dbOf(deps.pool);
    this.subscriptions = new SubscriptionService({ ...deps, db, secrets: this.secrets });
    this.#attempts = new AttemptService({ ...deps, publish: (tx, event) => this.publish(tx, event) });
    this.deliveries = new DeliveryService({ ...deps, db, attempts: this.#attempts });
  }

  /**
   * Writes the event, one delivery for each subscription to its type, and a job for them all: in the caller's
   * transaction, so that the merchant hears of it if and only if it happened. Nothing is sent here.
   */
  async publish(tx: Tx, event: NewEvent): Promise<void> {
    const { sequence, subscriptionIds } = await openEvent(tx, event);
    const id = uuidv7(event.at);
    const deliveries = subscriptionIds.map((subscriptionId) => ({ id: uuidv7(event.at), subscriptionId }));
    const { body, dataOmitted } = printEvent(id, sequence, event);
    const { merchantId, type } = event;
    if (dataOmitted)
      this.#deps.logger.error(
        { merchantId, eventId: id, type },
        'a webhook is too long and goes without its data',
      );
    await insertEvent(tx, this.#deps.vault, { ...event, id, sequence, body }, deliveries);
    if (deliveries.length > 0) await enqueueDeliveries(tx, { merchantId, eventId: id });
  }

  /** Erases what was said about a subject, and whatever of it is not sent yet. */
  async purge(tx: Tx, merchantId: string, subject: string): Promise<void> {
    await eraseSubject(tx, merchantId, subject);
  }

  /** Newest first. */
  async listEvents(
    principal: MerchantPrincipal,
    filter: { subject?: string | undefined; beforeId?: string | undefined; limit: number },
  ): Promise<ListedEvent[]> {
    return listEvents(dbOf(this.#deps.pool), { ...ownerOf(principal), ...filter });
  }

  /**
   * Sends events again, from the start of the schedule: to the subscriptions that got them, and, unless only
   * failed ones are meant, to those that would get them today. Of one event the attempts begin at once, of
   * more the sweep takes them up in turn.
   * @throws ApiError NOT_FOUND for an unknown event, CONFLICT for one whose data were erased, VALIDATION for
   * more than can be done in one request
   */
  async resend(tx: Tx, principal: MerchantPrincipal, which: Resend): Promise<void> {
    const owner = ownerOf(principal);
    if ('eventId' in which) await this.#requireEvent(tx, owner, which.eventId);
    if (!('failed' in which)) await this.#addMissed(tx, owner, which);
    await restartDeliveries(tx, owner, which, this.#deps.clock.now());
    if ('eventId' in which) await enqueueDeliveries(tx, { ...owner, eventId: which.eventId });
  }

  /** A test event to one subscription, now. @throws ApiError NOT_FOUND, REQUEST_FAILED without an answer */
  async ping(principal: MerchantPrincipal, subscriptionId: string): Promise<PingAnswer> {
    const subscription = await this.subscriptions.find(dbOf(this.#deps.pool), principal, subscriptionId);
    return this.#attempts.ping(subscription, await this.secrets.find(ownerOf(principal)));
  }

  /**
   * What the webhooks of a merchant are signed with now: the primary, and the next one in a rotation. For a
   * receiver that the operator runs himself, which asks again when none of them fits.
   */
  async signingSecrets(merchantId: string, environment: Environment): Promise<readonly Secret[]> {
    const { primary, next } = await this.secrets.find({ merchantId, environment });
    return next ? [primary, next] : [primary];
  }

  /** See {@link SubscriptionService.replace}; for a receiver that the operator runs himself. */
  async replaceSubscription(request: {
    merchantId: string;
    environment: Environment;
    earlierUrl?: string | undefined;
    url: string;
  }): Promise<void> {
    const { merchantId, environment, ...urls } = request;
    await transaction(this.#deps.pool, (tx) =>
      this.subscriptions.replace(tx, { merchantId, environment }, urls),
    );
  }

  async #requireEvent(tx: Tx, owner: WebhookOwner, id: string): Promise<void> {
    const event = isUuid(id) ? await findEvent(tx, owner.merchantId, owner.environment, id) : undefined;
    if (!event) throw new ApiError('NOT_FOUND', 'There is no event with this id.');
    if (event.erased) throw new ApiError('CONFLICT', 'The data of this event were erased.');
  }

  async #addMissed(tx: Tx, owner: WebhookOwner, which: Exclude<Resend, { failed: true }>): Promise<void> {
    const now = this.#deps.clock.now();
    const missed = await findMissed(tx, owner, which, maxMissed + 1);
    if (missed.length > maxMissed) throw invalid('from', `More than ${maxMissed} events lie in this time.`);
    const deliveries = missed.map((pair) => ({ ...pair, id: uuidv7(now) }));
    await insertDeliveries(tx, owner, deliveries, now);
  }

  /** Lets the attempts in flight end; after the worker has stopped, before the outbound connections close. */
  close(): Promise<void> {
    return this.deliveries.close();
  }
}

function enqueueDeliveries(tx: Tx, { merchantId, eventId }: EventKey): Promise<void> {
  return enqueue(tx, { task: deliverTask, payload: { merchantId, eventId } });
}

import type { Clock } from '../core/clock.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { AttemptService } from './attempt-service.ts';
import type { DeliveryKey, EventKey } from './delivery.ts';
import { type DeliveryFilter, type ListedDelivery, listDeliveries } from './delivery-list-store.ts';
import { cancelOrphans } from './delivery-store.ts';
import { beforeAllReceivers, findDue, findDueOf, findWaitingOf } from './due-store.ts';
import { eventRetentionMs } from './event.ts';
import { deleteEventsBefore } from './event-store.ts';
import { ReceiverLanes } from './receiver-lanes.ts';

export interface DeliveryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly attempts: AttemptService;
}

const duePerReceiver = 8;
const dueInAll = 10_000;
const deletedAtOnce = 1_000;

/** Brings events to receivers: at least once, by the retry schedule, and never one at the cost of another. */
export class DeliveryService {
  readonly #deps: DeliveryDeps;
  readonly #lanes: ReceiverLanes;
  /** The receiver that the latest sweep came to; the next one goes on behind it. */
  #sweptTo = beforeAllReceivers;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    this.#lanes = new ReceiverLanes({
      attempt: (key) => deps.attempts.attempt(key),
      refill: (receiver, limit) => this.#refill(receiver, limit),
    });
  }

  /**
   * Hands the deliveries of an event to their receivers' lines and waits for none: the rows in the database are
   * the truth, and a job only says that they may be due. What is lost with this process, the sweep of another
   * one finds.
   */
  async offerEvent({ merchantId, eventId }: EventKey): Promise<void> {
    for (const key of await findWaitingOf(this.#deps.db, merchantId, eventId)) this.#lanes.offer(key);
  }

  /**
   * Takes up what is due: retries, and first attempts whose process died. Where that is more than one sweep
   * takes, the next one goes on behind it, so that nobody is too far down the list to be ever reached.
   */
  async sweep(): Promise<void> {
    const limits = { perReceiver: duePerReceiver, inAll: dueInAll };
    const due = await findDue(this.#deps.db, this.#deps.clock.now(), this.#sweptTo, limits);
    this.#sweptTo = due.length < dueInAll ? beforeAllReceivers : (due.at(-1) ?? beforeAllReceivers);
    const found = Map.groupBy(due, ({ merchantId, subscriptionId }) => `${merchantId}/${subscriptionId}`);
    for (const keys of found.values())
      for (const [index, key] of keys.entries()) this.#lanes.offer(key, index + 1 === duePerReceiver);
  }

  /** Forgets events after 30 days, with their deliveries. */
  async deleteOld(): Promise<void> {
    const before = new Date(this.#deps.clock.now().getTime() - eventRetentionMs);
    await cancelOrphans(this.#deps.db);
    while ((await deleteEventsBefore(this.#deps.db, before, deletedAtOnce)) === deletedAtOnce);
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
    return listDeliveries(this.#deps.db, filter);
  }

  async #refill(receiver: Omit<DeliveryKey, 'deliveryId'>, limit: number): Promise<readonly DeliveryKey[]> {
    try {
      return await findDueOf(this.#deps.db, receiver, this.#deps.clock.now(), limit);
    } catch (err) {
      this.#deps.logger.error({ err, ...receiver }, 'due webhook deliveries could not be read');
      return [];
    }
  }
}

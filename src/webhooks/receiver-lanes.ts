import { LRUCache } from 'lru-cache';
import type { DeliveryKey } from './delivery.ts';

/**
 * How a receiver took a delivery: with a 2xx, with another answer, or not at all within the time it had.
 * `nothing`: it was not asked, since there was nothing to do. `broken`: we failed, not the receiver.
 */
export type Reaction = 'took' | 'refused' | 'silent' | 'nothing' | 'broken';

export interface LaneDeps {
  /** Attempts one delivery; never rejects. */
  readonly attempt: (delivery: DeliveryKey) => Promise<Reaction>;
  /** The next due deliveries of one receiver, at most `limit`; never rejects. */
  readonly refill: (
    receiver: Omit<DeliveryKey, 'deliveryId'>,
    limit: number,
  ) => Promise<readonly DeliveryKey[]>;
}

/** Below the connections that one origin may have, so that two receivers on one host do not block each other. */
const maxInFlightPerReceiver = 8;
const maxInFlight = 192;
const maxInFlightToSilent = 64;
const maxWaitingPerReceiver = 64;
/** One that does not answer needs no store: it is asked once in ten seconds. */
const maxWaitingForSilent = 2;
/** Above it nobody has more than one waiting. */
const maxWaiting = 16_384;
const maxRemembered = 10_000;

interface Receiver {
  readonly name: string;
  readonly key: Omit<DeliveryKey, 'deliveryId'>;
  readonly waiting: Map<string, DeliveryKey>;
  readonly inFlight: Set<string>;
  /** How many may be in flight: one at first, one more with every success, one again after a failure. */
  allowance: number;
  silent: boolean;
  /** The database may hold more that is due than was let in here. */
  more: boolean;
  refilling: boolean;
}

interface Lane {
  readonly ready: Set<Receiver>;
  readonly maxInFlight: number;
  inFlight: number;
}

/**
 * Who is attempted next, so that no receiver delays another. Work is handed over here and not done in the
 * job itself: a receiver that hangs for as long as it may would otherwise hold the worker's places, and a few
 * of them all of them.
 *
 * - Each receiver has a short line of its own and few attempts in flight; receivers take turns.
 * - Those whose latest attempt had no answer go to a lane of their own, so that however many they are the
 *   others keep theirs; one answer brings a receiver back.
 * - What does not fit into a line stays where it is safe, in the database: the line asks for it when it is
 *   empty, and the sweep finds what everybody forgot. Nothing here needs to survive a crash.
 */
export class ReceiverLanes {
  readonly #deps: LaneDeps;
  readonly #answering: Lane = { ready: new Set(), maxInFlight, inFlight: 0 };
  readonly #silent: Lane = { ready: new Set(), maxInFlight: maxInFlightToSilent, inFlight: 0 };
  readonly #receivers = new Map<string, Receiver>();
  readonly #remembered = new LRUCache<string, Pick<Receiver, 'allowance' | 'silent'>>({ max: maxRemembered });
  #waiting = 0;
  #closed = false;
  #whenIdle: (() => void)[] = [];

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  /**
   * Takes the delivery into its receiver's line, or leaves it to a later refill or sweep.
   * @param more whoever offers knows, or must suppose, that more is due for this receiver
   */
  offer(delivery: DeliveryKey, more = false): void {
    if (this.#closed) return;
    const receiver = this.#receiverOf(delivery);
    receiver.more ||= more;
    const { deliveryId } = delivery;
    const isHere = receiver.waiting.has(deliveryId) || receiver.inFlight.has(deliveryId);
    if (!isHere) this.#take(receiver, delivery);
    this.#proceed(receiver);
  }

  /** Resolves when nothing waits and nothing is in flight. */
  idle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle.push(resolve);
    this.#tellIfIdle();
    return promise;
  }

  /** Begins nothing more; resolves when what is in flight has ended. */
  close(): Promise<void> {
    this.#closed = true;
    for (const receiver of this.#receivers.values()) {
      this.#waiting -= receiver.waiting.size;
      receiver.waiting.clear();
      receiver.more = false;
      // One that only waited for its turn has nothing that would end, and so nobody else to forget it.
      this.#forgetIfDone(receiver);
    }
    for (const lane of [this.#answering, this.#silent]) lane.ready.clear();
    return this.idle();
  }

  #take(receiver: Receiver, delivery: DeliveryKey): void {
    const room = receiver.silent ? maxWaitingForSilent : maxWaitingPerReceiver;
    if (receiver.waiting.size >= (this.#waiting < maxWaiting ? room : 1)) {
      receiver.more = true;
      return;
    }
    receiver.waiting.set(delivery.deliveryId, delivery);
    this.#waiting += 1;
  }

  #receiverOf({ merchantId, subscriptionId }: DeliveryKey): Receiver {
    const name = `${merchantId}/${subscriptionId}`;
    const known = this.#receivers.get(name);
    if (known) return known;
    const receiver: Receiver = {
      name,
      key: { merchantId, subscriptionId },
      waiting: new Map(),
      inFlight: new Set(),
      ...(this.#remembered.get(name) ?? { allowance: 1, silent: false }),
      more: false,
      refilling: false,
    };
    this.#receivers.set(name, receiver);
    return receiver;
  }

  /** Brings the lanes up to date with a receiver that has just changed, and begins what can begin. */
  #proceed(receiver: Receiver): void {
    if (receiver.more && receiver.waiting.size === 0) this.#refill(receiver);
    this.#line(receiver);
    this.#advance(this.#answering);
    this.#advance(this.#silent);
    this.#forgetIfDone(receiver);
    this.#tellIfIdle();
  }

  /** A receiver that is in its lane already keeps its place: what is offered often must not fall back. */
  #line(receiver: Receiver): void {
    const [lane, other] = receiver.silent ? [this.#silent, this.#answering] : [this.#answering, this.#silent];
    other.ready.delete(receiver);
    if (receiver.waiting.size > 0 && receiver.inFlight.size < receiver.allowance) lane.ready.add(receiver);
    else lane.ready.delete(receiver);
  }

  #advance(lane: Lane): void {
    while (lane.inFlight < lane.maxInFlight) {
      const [receiver] = lane.ready;
      const [delivery] = receiver?.waiting.values() ?? [];
      if (!receiver || !delivery) return;
      lane.ready.delete(receiver);
      receiver.waiting.delete(delivery.deliveryId);
      this.#waiting -= 1;
      receiver.inFlight.add(delivery.deliveryId);
      lane.inFlight += 1;
      this.#line(receiver);
      void this.#deps.attempt(delivery).then((reaction) => {
        lane.inFlight -= 1;
        receiver.inFlight.delete(delivery.deliveryId);
        learn(receiver, reaction);
        this.#proceed(receiver);
      });
    }
  }

  #refill(receiver: Receiver): void {
    if (receiver.refilling || this.#closed) return;
    receiver.refilling = true;
    receiver.more = false;
    void this.#deps.refill(receiver.key, maxWaitingPerReceiver).then((deliveries) => {
      for (const delivery of deliveries) this.offer(delivery);
      receiver.refilling = false;
      receiver.more ||= deliveries.length === maxWaitingPerReceiver;
      this.#proceed(receiver);
    });
  }

  #forgetIfDone(receiver: Receiver): void {
    if (receiver.waiting.size > 0 || receiver.inFlight.size > 0 || receiver.refilling) return;
    this.#remembered.set(receiver.name, { allowance: receiver.allowance, silent: receiver.silent });
    this.#receivers.delete(receiver.name);
  }

  #tellIfIdle(): void {
    if (this.#receivers.size > 0) return;
    for (const tell of this.#whenIdle.splice(0)) tell();
  }
}

function learn(receiver: Receiver, reaction: Reaction): void {
  // Asking the database at once for what has just failed would be a loop as fast as the machine.
  if (reaction === 'broken') receiver.more = false;
  if (reaction === 'nothing' || reaction === 'broken') return;
  receiver.silent = reaction === 'silent';
  receiver.allowance = reaction === 'took' ? Math.min(receiver.allowance + 1, maxInFlightPerReceiver) : 1;
}

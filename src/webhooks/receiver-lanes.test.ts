import { describe, expect, test } from 'vitest';
import type { DeliveryKey } from './delivery.ts';
import { type Reaction, ReceiverLanes } from './receiver-lanes.ts';

/** Attempts that end when and how the test says, and a database of due deliveries to refill from. */
function bench(due: readonly DeliveryKey[] = []) {
  const running = new Map<string, (reaction: Reaction) => void>();
  const left = new Map(due.map((key) => [key.deliveryId, key]));
  const started: string[] = [];
  const lanes = new ReceiverLanes({
    attempt: ({ deliveryId }) => {
      started.push(deliveryId);
      left.delete(deliveryId);
      return new Promise<Reaction>((resolve) => running.set(deliveryId, resolve));
    },
    refill: async ({ subscriptionId }, limit) =>
      [...left.values()].filter((key) => key.subscriptionId === subscriptionId).slice(0, limit),
  });
  const end = async (deliveryId: string, reaction: Reaction) => {
    running.get(deliveryId)?.(reaction);
    running.delete(deliveryId);
    await settled();
  };
  return { lanes, running, started, end };
}

/** Everything that only waits for promises, not for time, has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function deliveries(receiver: string, count: number): DeliveryKey[] {
  return Array.from({ length: count }, (_, index) => ({
    merchantId: 'shop',
    subscriptionId: receiver,
    deliveryId: `${receiver}-${index}`,
  }));
}

describe('receiver lanes', () => {
  test('a receiver begins with one attempt, gains one with each success, and falls back to one', async () => {
    const { lanes, running, end } = bench();
    for (const key of deliveries('a', 30)) lanes.offer(key);
    expect(running.size).toBe(1);
    const widths: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      await end(`a-${index}`, 'took');
      widths.push(running.size);
    }
    expect(widths).toEqual([2, 3, 4, 5, 6, 7, 8, 8, 8, 8]);
    const inFlight = [...running.keys()];
    await end(inFlight[0] ?? '', 'refused');
    for (const id of inFlight.slice(1)) await end(id, 'refused');
    expect(running.size).toBe(1);
  });

  test('however many receivers hang, one that answers is attempted at once', async () => {
    const { lanes, running, started, end } = bench();
    const silent = Array.from({ length: 500 }, (_, index) => `silent${index}`);
    for (const receiver of silent) lanes.offer(deliveries(receiver, 1)[0] as DeliveryKey);
    // Nobody is known to hang until it has: the first ones fill the lane once, for as long as one attempt.
    while (running.size > 0) for (const id of [...running.keys()]) await end(id, 'silent');
    expect(started).toHaveLength(500);

    for (const receiver of silent)
      for (const key of deliveries(receiver, 64))
        lanes.offer({ ...key, deliveryId: `again-${key.deliveryId}` });
    expect(running.size).toBe(64);
    lanes.offer(deliveries('healthy', 1)[0] as DeliveryKey);
    expect(started.at(-1)).toBe('healthy-0');
  });

  test('a line takes 64 and asks the database for the rest as it empties, each exactly once', async () => {
    const all = deliveries('a', 1_000);
    const { lanes, running, started, end } = bench(all);
    for (const key of all.slice(0, 100)) lanes.offer(key);
    while (running.size > 0) for (const id of [...running.keys()]) await end(id, 'took');
    await lanes.idle();
    expect(started).toHaveLength(1_000);
    expect(new Set(started).size).toBe(1_000);
  });

  test('what is waiting or in flight is not taken twice', async () => {
    const { lanes, started, end } = bench();
    const [first, second] = deliveries('a', 2) as [DeliveryKey, DeliveryKey];
    for (const key of [first, first, second, second]) lanes.offer(key);
    await end('a-0', 'took');
    lanes.offer(second);
    await end('a-1', 'took');
    await lanes.idle();
    expect(started).toEqual(['a-0', 'a-1']);
  });

  test('receivers take turns: one that is offered often does not crowd out the others', async () => {
    const { lanes, running, started, end } = bench();
    const crowd = Array.from({ length: 192 }, (_, index) => `crowd${index}`);
    for (const receiver of crowd) lanes.offer(deliveries(receiver, 1)[0] as DeliveryKey);
    expect(running.size).toBe(192);
    lanes.offer(deliveries('quiet', 1)[0] as DeliveryKey);
    for (const key of deliveries('busy', 50)) lanes.offer(key);
    await end('crowd0-0', 'took');
    await end('crowd1-0', 'took');
    expect(started.slice(-2)).toEqual(['quiet-0', 'busy-0']);
  });

  test('close begins nothing more and waits for what is in flight', async () => {
    const { lanes, started, end } = bench();
    for (const key of deliveries('a', 5)) lanes.offer(key);
    let closed = false;
    const closing = lanes.close().then(() => {
      closed = true;
    });
    await settled();
    expect(closed).toBe(false);
    await end('a-0', 'took');
    await closing;
    lanes.offer(deliveries('b', 1)[0] as DeliveryKey);
    expect(started).toEqual(['a-0']);
  });

  test('close does not wait for silent receivers that only wait for their turn', async () => {
    const { lanes, running, started, end } = bench();
    const silent = Array.from({ length: 70 }, (_, index) => `silent${index}`);
    for (const receiver of silent) lanes.offer(deliveries(receiver, 1)[0] as DeliveryKey);
    for (const id of [...running.keys()]) await end(id, 'silent');
    for (const receiver of silent) lanes.offer(deliveries(receiver, 2)[1] as DeliveryKey);
    expect(running.size).toBe(64);

    const closing = lanes.close();
    for (const id of [...running.keys()]) await end(id, 'silent');
    await closing;
    expect(started).toHaveLength(70 + 64);
  });
});

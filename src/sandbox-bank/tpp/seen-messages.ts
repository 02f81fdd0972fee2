import { limits } from '../limits.ts';

const keptMs = 2 * limits.signatureSeconds * 1000;

/**
 * Request ids of the sealed messages that came lately, by TPP. A seal proves who made a message, not that he sent it
 * now: whoever has recorded one could send it again for as long as its Date is fresh. In memory, as long as that.
 */
export class SeenMessages {
  readonly #seenAt = new Map<string, number>();

  /** False for one that was here before. The oldest are forgotten first, in time or when there are too many. */
  isNew(tpp: string, requestId: string, now: Date): boolean {
    this.#forget(now.getTime());
    const key = JSON.stringify([tpp, requestId.toLowerCase()]);
    if (this.#seenAt.has(key)) return false;
    this.#seenAt.set(key, now.getTime());
    return true;
  }

  #forget(now: number): void {
    for (const [key, seenAt] of this.#seenAt) {
      const isOld = Math.abs(now - seenAt) > keptMs;
      if (!isOld && this.#seenAt.size < limits.maxSeenMessages) return;
      this.#seenAt.delete(key);
    }
  }
}

import type { Clock } from '../../src/core/clock.ts';

/** A clock that runs with the machine's, from wherever a test has moved it. */
export class TestClock implements Clock {
  #aheadMs = 0;
  #stoppedAtMs: number | undefined;

  now(): Date {
    return new Date((this.#stoppedAtMs ?? Date.now()) + this.#aheadMs);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  /** From now on it stands still, so that a test can look at a single moment. */
  stop(): void {
    this.#stoppedAtMs = Date.now();
  }

  go(): void {
    this.#stoppedAtMs = undefined;
  }
}

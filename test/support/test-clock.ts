import type { Clock } from '../../src/core/clock.ts';

/** A clock that runs with the machine's, from wherever a test has moved it. */
export class TestClock implements Clock {
  #aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}

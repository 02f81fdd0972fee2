import type { Agent } from 'undici';
import { OutboundFailure } from './failure.ts';
import type { Guard } from './guard.ts';

/**
 * undici's agent, loaded and made with the first request: most processes that serve have none for long, and it
 * would cost each start a tenth of a second and 10 MB.
 */
export class LazyAgent {
  readonly #guard: Guard;
  #agent: Promise<Agent> | undefined;
  #closed = false;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** @throws OutboundFailure `connect` once it is closed */
  async open(): Promise<Agent> {
    if (this.#closed) throw new OutboundFailure('connect', 'a request after the end');
    this.#agent ??= import('./agent.ts').then(({ createAgent }) => createAgent(this.#guard));
    return this.#agent;
  }

  /** Takes no new request; resolves when those in flight have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const agent = await this.#agent;
    await agent?.close();
  }
}

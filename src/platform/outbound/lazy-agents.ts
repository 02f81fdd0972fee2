import type { Agent } from 'undici';
import { OutboundFailure } from './failure.ts';
import type { Guard } from './guard.ts';
import type { Identity } from './identity.ts';

/**
 * undici's agents, loaded and made with the first request: most processes that serve have none for long, and it
 * would cost each start a tenth of a second and 10 MB. Each identity has an agent and so connections of its own:
 * what was opened as one of them never carries a request of another, or of nobody.
 */
export class LazyAgents {
  readonly #guard: Guard;
  readonly #agents = new Map<Identity | undefined, Promise<Agent>>();
  #closed = false;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** @throws OutboundFailure `connect` once it is closed */
  async open(identity: Identity | undefined): Promise<Agent> {
    if (this.#closed) throw new OutboundFailure('connect', 'a request after the end');
    const known = this.#agents.get(identity);
    if (known !== undefined) return known;
    const agent = import('./agent.ts').then(({ createAgent }) => createAgent(this.#guard, identity));
    this.#agents.set(identity, agent);
    return agent;
  }

  /** Takes no new request; resolves when those in flight have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#agents.values()].map(async (agent) => (await agent).close()));
  }
}

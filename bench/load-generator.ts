import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { LoadOrder, LoadResult } from './load.ts';
import { startNode } from './processes.ts';

/** What the load process says to one order. */
interface Answer {
  readonly result?: LoadResult;
  readonly problem?: string;
}

/** A process of its own that sends requests: what it costs is not the servers'. */
export class LoadGenerator {
  readonly #child: ChildProcess;
  #highestShare = 0;

  constructor(scope: AsyncDisposableStack) {
    this.#child = startNode(scope, {
      args: ['--import', 'tsx', 'bench/load.ts'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** The largest part of a core that any load has taken so far. */
  get highestShare(): number {
    return this.#highestShare;
  }

  /** @throws Error when a single request was not answered by 2xx: such a figure would mean nothing */
  async send(order: LoadOrder): Promise<LoadResult> {
    const message = await this.#ask(order);
    if (!message.result) throw new Error(`the load process failed: ${message.problem}`);
    const { result } = message;
    this.#highestShare = Math.max(this.#highestShare, result.loadShare);
    if (Object.keys(result.failures).length > 0)
      throw new Error(`${order.url} answered wrongly: ${JSON.stringify(result.failures)}`);
    return result;
  }

  async #ask(order: LoadOrder): Promise<Answer> {
    const answered = new AbortController();
    const { signal } = answered;
    const ended = once(this.#child, 'exit', { signal }).then((): [Answer] => [{ problem: 'it has ended' }]);
    try {
      const answer = once(this.#child, 'message', { signal }) as Promise<[Answer]>;
      this.#child.send(order);
      return (await Promise.race([answer, ended]))[0];
    } finally {
      answered.abort();
    }
  }
}

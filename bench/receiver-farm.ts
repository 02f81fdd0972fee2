import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startNode } from './processes.ts';
import type { ReceiverMessage, ReceiverOrder } from './receivers.ts';

export interface Arrival {
  readonly firstAt: number;
  readonly lastAt: number;
}

const patienceMs = 60_000;

/** Receivers of webhooks in a process of their own, each an origin of its own. */
export class ReceiverFarm {
  readonly #child: ChildProcess;
  readonly answering: readonly string[];
  readonly hanging: readonly string[];

  private constructor(child: ChildProcess, ports: NonNullable<ReceiverMessage['ports']>) {
    this.#child = child;
    this.answering = ports.answering.map(originOf);
    this.hanging = ports.hanging.map(originOf);
  }

  static async start(
    scope: AsyncDisposableStack,
    count: { answering: number; hanging: number },
  ): Promise<ReceiverFarm> {
    const child = startNode(scope, {
      args: ['--import', 'tsx', 'bench/receivers.ts', String(count.answering), String(count.hanging)],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const { ports } = await next(child, 'ports');
    if (!ports) throw new Error('the receivers have no ports');
    return new ReceiverFarm(child, ports);
  }

  /** Counts from now on; what it returns tells when that many different webhooks have come. */
  async expect(count: number): Promise<() => Promise<Arrival>> {
    const counting = next(this.#child, 'counting');
    this.#child.send({ expect: count } satisfies ReceiverOrder);
    await counting;
    const arrived = next(this.#child, 'arrived');
    // Whoever fails before he asks for it has said why already.
    arrived.catch(() => undefined);
    return async () => {
      const arrival = (await arrived).arrived;
      if (!arrival) throw new Error('nothing arrived');
      return arrival;
    };
  }
}

/** Deliveries per second, from the first to the last. */
export function rateOf(count: number, { firstAt, lastAt }: Arrival): number {
  return (count - 1) / ((lastAt - firstAt) / 1_000);
}

async function next(child: ChildProcess, what: keyof ReceiverMessage): Promise<ReceiverMessage> {
  const signal = AbortSignal.timeout(patienceMs);
  for (;;) {
    const [message] = (await once(child, 'message', { signal })) as [ReceiverMessage];
    if (what in message) return message;
  }
}

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the process of receivers says on the channel to its parent. */
export interface ReceiverMessage {
  /** Said once: where it listens. */
  readonly ports?: { readonly answering: readonly number[]; readonly hanging: readonly number[] };
  /** From now on arrivals are counted anew. */
  readonly counting?: true;
  /** That many different webhooks have come. Milliseconds of the system's monotonic clock. */
  readonly arrived?: { readonly firstAt: number; readonly lastAt: number };
}

export interface ReceiverOrder {
  readonly expect: number;
}

const say = (message: ReceiverMessage) => process.send?.(message);
const seen = new Set<string>();
let expected = 0;
let firstAt = 0;

/** By the headers of a webhook: when it was on the wire. A repeated one counts once. */
function note(id: string): void {
  const at = Number(process.hrtime.bigint()) / 1e6;
  if (seen.size === 0) firstAt = at;
  seen.add(id);
  if (seen.size === expected) {
    expected = 0;
    say({ arrived: { firstAt, lastAt: at } });
  }
}

const answer: RequestListener = (request, response) => {
  if (expected > 0) note(String(request.headers['webhook-id']));
  request.resume().once('end', () => response.writeHead(204).end());
};

/** Takes the request and never answers it: the most that a dead receiver can cost. */
const hang: RequestListener = (request) => {
  request.resume();
};

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function listenTimes(count: string | undefined, listener: RequestListener): Promise<number[]> {
  return Promise.all(Array.from({ length: Number(count) }, () => listen(listener)));
}

process.on('message', ({ expect }: ReceiverOrder) => {
  seen.clear();
  expected = expect;
  say({ counting: true });
});
process.on('disconnect', () => process.exit());

const [answering, hanging] = process.argv.slice(2);
say({
  ports: { answering: await listenTimes(answering, answer), hanging: await listenTimes(hanging, hang) },
});

import autocannon, { type Request } from 'autocannon';

/** What a load process is told to send; on the channel to its parent. */
export interface LoadOrder {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly send:
    | { readonly what: 'creates'; readonly path: string; readonly run: string }
    | { readonly what: 'gets'; readonly paths: readonly string[] };
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of one core, as this process used it: near 1 it measures itself. */
  readonly loadShare: number;
  /** Answers other than 2xx, by status, and lost connections. */
  readonly failures: Readonly<Record<string, number>>;
}

/** As many requests as the server answers, on kept connections, each with one request at a time. */
async function send(order: LoadOrder): Promise<LoadResult> {
  const before = process.cpuUsage();
  const result = await autocannon({
    url: order.url,
    connections: order.connections,
    duration: order.seconds,
    requests: requestsOf(order),
  });
  const used = process.cpuUsage(before);
  const refused = Object.entries(result.statusCodeStats).filter(([status]) => !status.startsWith('2'));
  return {
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    loadShare: (used.user + used.system) / 1e6 / result.duration,
    failures: {
      ...Object.fromEntries(refused.map(([status, { count }]) => [status, count])),
      ...(result.errors > 0 && { 'connection errors': result.errors }),
    },
  };
}

function requestsOf({ headers, send }: LoadOrder): Request[] {
  if (send.what === 'gets') return send.paths.map((path) => ({ method: 'GET', path, headers }));
  return [creates(send.path, headers, send.run)];
}

/** The seed's example request, each with a reference and an idempotency key of its own. */
function creates(path: string, headers: LoadOrder['headers'], run: string): Request {
  let count = 0;
  const next = (): Pick<Request, 'headers' | 'body'> => {
    count += 1;
    const reference = `${run}-${count}`;
    return {
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': reference },
      body: `{"referenceId":"${reference}","permissions":["identity"],"returnUrl":"https://example.com/callback/result"}`,
    };
  };
  return { method: 'POST', path, setupRequest: (request) => ({ ...request, ...next() }) };
}

process.on('message', (order: LoadOrder) => {
  send(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

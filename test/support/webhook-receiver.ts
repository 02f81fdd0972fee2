import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was sent
  readonly event: any;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** `hang` never answers; `drip` answers 200 and then a byte now and then, without end; `reset` hangs up. */
export type ReceiverAnswer = PlainAnswer | 'hang' | 'drip' | 'reset';

export interface WebhookReceiver {
  readonly url: string;
  readonly port: number;
  /** Everything that came, in the order of its coming. */
  readonly received: readonly Received[];
  /** What to answer from now on; 200 unless told otherwise. */
  answerWith(answer: ReceiverAnswer | ((received: Received) => ReceiverAnswer)): void;
  /** Everything that came, once it is at least so much. */
  atLeast(count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

const dripEveryMs = 200;

/** A merchant's server on loopback that keeps what it is sent. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const waiting: { count: number; tell: () => void }[] = [];
  let answer: (received: Received) => ReceiverAnswer = () => ({ status: 200 });
  const server = createServer(async (request, response) => {
    const one = await read(request);
    received.push(one);
    for (const { count, tell } of waiting) if (received.length >= count) tell();
    reply(response, answer(one));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    answerWith: (next) => {
      answer = typeof next === 'function' ? next : () => next;
    },
    atLeast: async (count) => {
      if (received.length < count)
        await new Promise<void>((resolve) => waiting.push({ count, tell: resolve }));
      return received;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return {
    path: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body,
    event: JSON.parse(body.toString('utf8')),
  };
}

function reply(response: ServerResponse, answer: ReceiverAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') response.destroy();
  else if (answer === 'drip') drip(response);
  else response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
}

function drip(response: ServerResponse): void {
  response.writeHead(200).write('.');
  const timer = setInterval(() => response.write('.'), dripEveryMs);
  response.on('close', () => clearInterval(timer));
}

/** What the vendor's integrators check: hex HMAC-SHA256 of the body under the secret's text. */
export function ivySignature(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** What a Standard Webhooks library checks: one of the listed signatures is `v1,` and this. */
export function standardSignature(secret: string, { headers, body }: Received): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body.toString('utf8')}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

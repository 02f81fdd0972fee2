import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What the bank itself answers. */
export interface Passed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What a client gets instead; `pass` asks the bank. */
export type Fault = (reply: ServerResponse, pass: () => Promise<Passed>) => void | Promise<void>;

/** Stands between Trellis and a bank, and spoils the answers that a test picks. */
export class FaultProxy {
  bankUrl = '';
  readonly #sockets = new Set<Socket>();
  readonly #faults = new Map<RegExp, Fault>();
  #server = this.#create();
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on, for paths with a query like this. */
  set(path: RegExp, fault: Fault): void {
    this.#faults.set(path, fault);
  }

  clear(): void {
    this.#faults.clear();
  }

  /** Always at the same port. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nobody accepts connections any more, until it listens again. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = this.#create();
  }

  #create() {
    const server = createServer((request, reply) => void this.#answer(request, reply));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const pass = () => this.#pass(request, Buffer.concat(chunks));
    const [, fault = undefined] = [...this.#faults].find(([path]) => path.test(request.url ?? '')) ?? [];
    if (fault !== undefined) return fault(reply, pass);
    const { status, headers, text } = await pass();
    reply.writeHead(status, headers).end(text);
  }

  async #pass({ url, method = 'GET', headers }: IncomingMessage, body: Buffer): Promise<Passed> {
    const { host: _host, connection: _connection, 'content-length': _length, ...kept } = headers;
    const answer = await fetch(`${this.bankUrl}${url}`, {
      method,
      headers: kept as Record<string, string>,
      redirect: 'manual',
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const given = Object.fromEntries(answer.headers);
    for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'connection'])
      delete given[name];
    return { status: answer.status, headers: given, text: await answer.text() };
  }
}

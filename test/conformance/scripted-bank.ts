import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the bank was asked. */
export interface Call {
  /** `POST /v1/consents`, without the query. */
  readonly route: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  /** The connection ends behind the text, long before the length that was promised. */
  readonly breaksOff?: boolean;
}

/** One reply for every call, or one after the other; the last one stays. */
export type Script = Readonly<Record<string, Reply | readonly Reply[]>>;

/**
 * A bank that says exactly what a test wrote down and notes what it was asked: for details of the wire that
 * no well-behaved bank shows. What the script does not name is answered 404.
 */
export class ScriptedBank {
  readonly calls: Call[] = [];
  #script: Script;
  readonly #server = createServer((request, reply) => this.#answer(request, reply));

  constructor(script: Script = {}) {
    this.#script = script;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  follow(script: Script): void {
    this.#script = script;
  }

  /** The calls to one route so far. */
  to(route: string): readonly Call[] {
    return this.calls.filter((call) => call.route === route);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://bank');
    const route = `${request.method} ${url.pathname}`;
    const earlier = this.to(route).length;
    const body = Buffer.concat(chunks).toString();
    this.calls.push({ route, query: url.searchParams, headers: request.headers, body });
    const scripted = this.#script[route] ?? { status: 404, text: '' };
    const replies: readonly Reply[] = Array.isArray(scripted) ? scripted : [scripted];
    const chosen = replies[Math.min(earlier, replies.length - 1)] ?? {};
    const type = chosen.json === undefined ? 'text/html' : 'application/json';
    const length = chosen.breaksOff ? { 'content-length': '9999999' } : {};
    reply.writeHead(chosen.status ?? 200, { 'content-type': type, ...length, ...chosen.headers });
    if (chosen.breaksOff) {
      reply.write(chosen.text ?? '', () => reply.destroy());
      return;
    }
    reply.end(chosen.json === undefined ? (chosen.text ?? '') : JSON.stringify(chosen.json));
  }
}

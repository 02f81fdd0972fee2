import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { OutboundFailure, type OutboundReason, outboundFailure } from './failure.ts';
import type { Guard } from './guard.ts';
import type { Identity } from './identity.ts';
import type { LazyAgents } from './lazy-agents.ts';

/** What is asked, and for how long. */
export interface OutboundCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute. Bank-supplied and merchant-supplied URLs are welcome: the guard judges them. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /**
   * As whom to connect, over https: its certificate is shown if the server asks, and its authorities are
   * trusted, on connections of this identity only. The object itself is the identity, not its name.
   */
  readonly identity?: Identity;
  /** Everything together: waiting for a connection, connecting, sending, and the answer's last byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What all exchanges of one sender have in common. */
export interface Line {
  readonly guard: Guard;
  readonly agents: LazyAgents;
  /** Those that have not ended. */
  readonly inFlight: Set<Exchange>;
}

/** An answer of which the head has come. */
export interface Reply {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * One request and its answer, from before there is a connection to the answer's last byte: what ends it before, and
 * as what. Whoever starts one ends it.
 */
export class Exchange {
  readonly #line: Line;
  readonly #call: OutboundCall;
  readonly #url: URL;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  #timer: NodeJS.Timeout;

  /** @throws OutboundFailure refused-address */
  constructor(line: Line, call: OutboundCall) {
    this.#line = line;
    this.#call = call;
    this.#url = vettedUrl(line.guard, call);
    const { signal } = this.#ending;
    this.#signal = call.signal === undefined ? signal : AbortSignal.any([signal, call.signal]);
    this.#timer = this.#timeoutIn(call.timeoutMs);
    line.inFlight.add(this);
  }

  /** Sends the request; the answer's body is still to come. */
  async reply(): Promise<Reply> {
    const { statusCode, headers, body } = await orAborted(this.#dispatch(), this.#signal);
    return { status: statusCode, headers: flatHeaders(headers), body };
  }

  /** From now on so long, in place of what the call was given. */
  endIn(timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#timeoutIn(timeoutMs);
  }

  /** The body, as long as the other side is silent for less than this whenever we listen. */
  async *listen(body: Readable, silenceMs: number): AsyncGenerator<Buffer> {
    let silence = this.#timeoutIn(silenceMs);
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        clearTimeout(silence);
        yield chunk;
        silence = this.#timeoutIn(silenceMs);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  /** Ends it where it stands; whoever waits for it is told `reset`. */
  cut(): void {
    this.#abort('reset');
  }

  /** Its clock no longer runs, and nobody waits for it. */
  end(): void {
    clearTimeout(this.#timer);
    this.#line.inFlight.delete(this);
  }

  failure(reason: OutboundReason): OutboundFailure {
    return new OutboundFailure(reason, whatOf(this.#call, this.#url));
  }

  /** What the caller is told of what was thrown meanwhile. */
  failureFor(thrown: unknown): unknown {
    const caller = this.#call.signal;
    if (caller?.aborted) return caller.reason;
    if (isInvalidArgument(thrown)) return thrown;
    if (this.#ending.signal.aborted) return this.#ending.signal.reason;
    return outboundFailure(whatOf(this.#call, this.#url), thrown);
  }

  #timeoutIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#abort('timeout'), ms);
  }

  #abort(reason: OutboundReason): void {
    this.#ending.abort(this.failure(reason));
    this.end();
  }

  async #dispatch(): Promise<Dispatcher.ResponseData> {
    const { method, headers, body, identity } = this.#call;
    const agent = await this.#line.agents.open(identity);
    return agent.request({
      origin: this.#url.origin,
      path: `${this.#url.pathname}${this.#url.search}`,
      method,
      headers: { 'accept-encoding': 'gzip', ...headers },
      body: body ?? null,
      signal: this.#signal,
    });
  }
}

function vettedUrl(guard: Guard, call: OutboundCall): URL {
  const url = URL.parse(call.url);
  if (url === null) throw new OutboundFailure('refused-address', `${call.method} to a malformed URL`);
  const problem = guard.urlProblem(url);
  if (problem !== undefined) throw new OutboundFailure('refused-address', whatOf(call, url), problem);
  return url;
}

function whatOf({ method }: OutboundCall, { origin }: URL): string {
  return `${method} ${origin}`;
}

function isInvalidArgument(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'UND_ERR_INVALID_ARG';
}

/**
 * The promise, or the signal's reason as soon as it fires: undici itself looks at the signal only once the
 * request has a connection. What is still waiting then is dropped unsent.
 */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function flatHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}

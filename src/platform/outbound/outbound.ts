import type { Dispatcher } from 'undici';
import { monotonicMs } from '../../core/clock.ts';
import { readBounded } from './body.ts';
import { OutboundFailure, outboundFailure } from './failure.ts';
import { type AddressVerdict, Guard, type OutboundPolicy } from './guard.ts';
import type { Identity } from './identity.ts';
import { LazyAgents } from './lazy-agents.ts';
import type { Resolve } from './resolve.ts';

export interface OutboundRequest {
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
  /** Of the answer, on the wire and unfolded. */
  readonly maxBodyBytes: number;
  /** What an answer above the limit is: a failure (default), or an answer without its end. */
  readonly whenTooLarge?: 'fail' | 'cut';
  readonly signal?: AbortSignal;
}

export interface OutboundResponse {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True if the body was longer than `maxBodyBytes` and the request allowed to cut it. */
  readonly bodyCut: boolean;
  readonly durationMs: number;
}

export interface Outbound {
  /**
   * One request, one answer, of any status. Redirects are answers like others and are never followed:
   * where they lead was not asked for.
   * @throws OutboundFailure; the signal's own reason when the caller ended it; undici's
   * InvalidArgumentError for a header that no HTTP message can carry, which is the caller's bug
   */
  send(request: OutboundRequest): Promise<OutboundResponse>;
  /** Whether this instance would speak to the URL now; asks DNS, opens no connection. */
  checkAddress(url: string): Promise<AddressVerdict>;
  /**
   * Takes no new request (`connect`), lets those in flight end for `graceMs` (as long as they need, if absent)
   * and cuts what is left (`reset`). Always resolves; may be called again with less grace.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** `resolve` replaces the network's DNS, for tests. */
export function createOutbound(policy: OutboundPolicy, options: { resolve?: Resolve } = {}): Outbound {
  const guard = new Guard(policy, options.resolve);
  const agents = new LazyAgents(guard);
  const inFlight: InFlight = new Set();
  return {
    send: (request) => send(guard, agents, inFlight, request),
    checkAddress: (url) => guard.check(url),
    close: ({ graceMs } = {}) => close(agents, inFlight, graceMs),
  };
}

/** What ends each request that has no answer yet. */
type InFlight = Set<() => void>;

/** Not by destroying the agent: once closing, it no longer knows the pools it waits for. */
async function close(agents: LazyAgents, inFlight: InFlight, graceMs: number | undefined): Promise<void> {
  const isCut = Promise.withResolvers<void>();
  const cut = () => {
    for (const end of inFlight) end();
    isCut.resolve();
  };
  const timer = graceMs === undefined ? undefined : setTimeout(cut, graceMs);
  const hasEnded = agents.close().catch(() => undefined);
  await Promise.race([hasEnded, isCut.promise]);
  clearTimeout(timer);
}

async function send(
  guard: Guard,
  agents: LazyAgents,
  inFlight: InFlight,
  request: OutboundRequest,
): Promise<OutboundResponse> {
  const startedMs = monotonicMs();
  const { url, what } = vettedUrl(guard, request);
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(new OutboundFailure('timeout', what)), request.timeoutMs);
  const cut = () => ending.abort(new OutboundFailure('reset', what));
  inFlight.add(cut);
  const signal = AbortSignal.any([ending.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  try {
    const answer = await exchange(agents, url, request, signal);
    return { ...answer, durationMs: monotonicMs() - startedMs };
  } catch (thrown) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (isInvalidArgument(thrown)) throw thrown;
    throw ending.signal.aborted ? ending.signal.reason : outboundFailure(what, thrown);
  } finally {
    clearTimeout(timer);
    inFlight.delete(cut);
  }
}

function vettedUrl(guard: Guard, request: OutboundRequest): { url: URL; what: string } {
  const url = URL.parse(request.url);
  if (url === null) throw new OutboundFailure('refused-address', `${request.method} to a malformed URL`);
  const what = `${request.method} ${url.origin}`;
  const problem = guard.urlProblem(url);
  if (problem !== undefined) throw new OutboundFailure('refused-address', what, problem);
  return { url, what };
}

function isInvalidArgument(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'UND_ERR_INVALID_ARG';
}

type Answer = Omit<OutboundResponse, 'durationMs'>;

async function exchange(
  agents: LazyAgents,
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const reply = await orAborted(dispatch(agents, url, request, signal), signal);
  const headers = flatHeaders(reply.headers);
  const { bytes, cut } = await readBounded(reply.body, headers['content-encoding'], request.maxBodyBytes);
  if (cut && request.whenTooLarge !== 'cut') {
    throw new OutboundFailure('too-large', `${request.method} ${url.origin}`);
  }
  return { status: reply.statusCode, headers, body: bytes, bodyCut: cut };
}

async function dispatch(
  agents: LazyAgents,
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const agent = await agents.open(request.identity);
  return agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: { 'accept-encoding': 'gzip', ...request.headers },
    body: request.body ?? null,
    signal,
  });
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

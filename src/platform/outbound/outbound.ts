import { monotonicMs } from '../../core/clock.ts';
import { readBounded } from './body.ts';
import { Exchange, type Line, type OutboundCall } from './exchange.ts';
import { type AddressVerdict, Guard, type OutboundPolicy } from './guard.ts';
import { LazyAgents } from './lazy-agents.ts';
import { OpenAnswer } from './open-answer.ts';
import type { Resolve } from './resolve.ts';

export interface OutboundRequest extends OutboundCall {
  /** Of the answer, on the wire and unfolded. */
  readonly maxBodyBytes: number;
  /** What an answer above the limit is: a failure (default), or an answer without its end. */
  readonly whenTooLarge?: 'fail' | 'cut';
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
  /**
   * The same for an answer whose head tells how to read it, and that may be longer than memory. It is in flight until it
   * has been read or closed.
   * @throws as `send`, and so does reading the answer
   */
  open(request: OutboundCall): Promise<OpenAnswer>;
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
  const line: Line = { guard, agents: new LazyAgents(guard), inFlight: new Set() };
  return {
    send: (request) => send(line, request),
    open: (request) => open(line, request),
    checkAddress: (url) => guard.check(url),
    close: ({ graceMs } = {}) => close(line, graceMs),
  };
}

/** Not by destroying the agent: once closing, it no longer knows the pools it waits for. */
async function close({ agents, inFlight }: Line, graceMs: number | undefined): Promise<void> {
  const isCut = Promise.withResolvers<void>();
  const cut = () => {
    for (const exchange of inFlight) exchange.cut();
    isCut.resolve();
  };
  const timer = graceMs === undefined ? undefined : setTimeout(cut, graceMs);
  const hasEnded = agents.close().catch(() => undefined);
  await Promise.race([hasEnded, isCut.promise]);
  clearTimeout(timer);
}

async function send(line: Line, request: OutboundRequest): Promise<OutboundResponse> {
  const startedMs = monotonicMs();
  const exchange = new Exchange(line, request);
  try {
    const { status, headers, body } = await exchange.reply();
    const { bytes, cut } = await readBounded(body, headers['content-encoding'], request.maxBodyBytes);
    if (cut && request.whenTooLarge !== 'cut') throw exchange.failure('too-large');
    return { status, headers, body: bytes, bodyCut: cut, durationMs: monotonicMs() - startedMs };
  } catch (thrown) {
    throw exchange.failureFor(thrown);
  } finally {
    exchange.end();
  }
}

async function open(line: Line, request: OutboundCall): Promise<OpenAnswer> {
  const exchange = new Exchange(line, request);
  try {
    return new OpenAnswer(exchange, await exchange.reply());
  } catch (thrown) {
    exchange.end();
    throw exchange.failureFor(thrown);
  }
}

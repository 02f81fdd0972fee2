import { Agent, Pool } from 'undici';
import { connectTimeoutMs, guardedConnector } from './connect.ts';
import type { Guard } from './guard.ts';

const maxConnectionsPerOrigin = 16;
const maxOrigins = 4_096;
const maxHeadBytes = 16 * 1_024;

/** Keeps connections to every origin that the guard lets pass. */
export function createAgent(guard: Guard): Agent {
  return new Agent({ maxOrigins, factory: (origin) => originPool(guard, new URL(origin)) });
}

/**
 * Kept connections of one origin: a new TLS connection costs twenty times a kept one. Bounded, so that a
 * server that hangs fills its own pool and nobody else's.
 */
function originPool(guard: Guard, origin: URL): Pool {
  return new Pool(origin, {
    connect: guardedConnector(guard, origin),
    connections: maxConnectionsPerOrigin,
    connectTimeout: connectTimeoutMs,
    maxHeaderSize: maxHeadBytes,
    // One clock for the whole request, in send(): these only count the silence between two bytes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

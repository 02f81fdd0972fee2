import { createSecureContext, type SecureContext } from 'node:tls';
import { Agent, Pool } from 'undici';
import { connectTimeoutMs, guardedConnector } from './connect.ts';
import type { Guard } from './guard.ts';
import type { Identity } from './identity.ts';

const maxConnectionsPerOrigin = 16;
const maxOrigins = 4_096;
const maxHeadBytes = 16 * 1_024;

/** Keeps connections to every origin that the guard lets pass, all as the same identity or all as nobody. */
export function createAgent(guard: Guard, identity: Identity | undefined): Agent {
  const context = identity === undefined ? undefined : contextOf(identity);
  return new Agent({ maxOrigins, factory: (origin) => originPool(guard, new URL(origin), context) });
}

/** Made once: reading a key and its certificates costs more than the handshake that they serve. */
function contextOf({ client, authorities }: Identity): SecureContext {
  return createSecureContext({
    ...(client && { cert: client.chain, key: client.key.export({ type: 'pkcs8', format: 'pem' }) }),
    ...(authorities !== undefined && { ca: authorities }),
  });
}

/**
 * Kept connections of one origin: a new TLS connection costs twenty times a kept one. Bounded, so that a
 * server that hangs fills its own pool and nobody else's.
 */
function originPool(guard: Guard, origin: URL, context: SecureContext | undefined): Pool {
  return new Pool(origin, {
    connect: guardedConnector(guard, origin, context),
    connections: maxConnectionsPerOrigin,
    connectTimeout: connectTimeoutMs,
    maxHeaderSize: maxHeadBytes,
    // One clock for the whole request, in send(): these only count the silence between two bytes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

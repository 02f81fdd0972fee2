import type { FastifyReply } from 'fastify';

/** An answer that may hold tokens (RFC 6749 section 5.1). */
export function neverStored(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
}

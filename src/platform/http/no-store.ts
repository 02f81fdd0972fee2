import type { FastifyReply, FastifyRequest } from 'fastify';

/** For routes whose answers hold bank data or bearer tokens: they are in no cache. */
export async function noStore(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('cache-control', 'no-store');
}

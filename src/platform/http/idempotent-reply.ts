import type { FastifyReply } from 'fastify';

/** Sends an answer that may be a repeat of an earlier one; says so where it is. */
export function replyWithAnswer(
  reply: FastifyReply,
  answer: { readonly status: number; readonly body: unknown; readonly replayed: boolean },
): FastifyReply {
  if (answer.replayed) reply.header('idempotent-replayed', 'true');
  if (answer.status >= 400) reply.header('x-should-retry', 'false').serializer(JSON.stringify);
  return reply
    .code(answer.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(answer.body);
}

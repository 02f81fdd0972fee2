import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

/** For the API description; the header's length is checked where it is used, to say what is wrong with it. */
export const idempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'The same key with the same request answers the same again for 24 hours. At most 255 characters.',
    }),
  ),
});

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

import { Type } from 'typebox';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import { noStore } from '../platform/http/no-store.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { listSessionsBody, readListSessions } from './session-list-request.ts';
import type { SessionRecordService } from './session-record-service.ts';
import { asItIs, byId, sessionSchema, sessionV3Schema } from './session-wire.ts';

const tags = ['Data sessions'];

/** Sessions that are there: listed, ended, erased. The server is behind `requirePrincipal`. */
export function sessionRecordRoutes(server: HttpServer, records: SessionRecordService): void {
  server.post(
    '/data/session/list',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'Your sessions, newest first, without data',
        body: listSessionsBody,
        response: {
          200: Type.Object({
            items: Type.Array(sessionSchema),
            hasNext: Type.Boolean(),
            nextCursor: Type.Optional(Type.String()),
          }),
          ...errorResponses,
        },
      },
      serializerCompiler: asItIs,
    },
    async (request) => records.list(principalOf<MerchantPrincipal>(request), readListSessions(request.body)),
  );
  const changed = {
    tags,
    headers: idempotencyHeaders,
    body: byId,
    response: { 200: Type.Union([sessionSchema, sessionV3Schema]), ...errorResponses },
  };
  server.post(
    '/data/session/expire',
    {
      onRequest: noStore,
      schema: {
        ...changed,
        summary: 'End a session that has not ended',
        description:
          'It fails as `expired`. What its user may still do at the bank is ended there. 409 for one that is complete or failed otherwise.',
      },
      serializerCompiler: asItIs,
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      return replyWithAnswer(reply, await records.expire(principal, request.body.id, claim));
    },
  );
  server.post(
    '/data/session/delete',
    {
      onRequest: noStore,
      schema: {
        ...changed,
        summary: 'Erase what a session has brought',
        description:
          'Bank data, customer, metadata, webhooks that are still to be sent and the answers kept under idempotency keys are erased, and the consent ends, at the bank too. The session stays with `deletedAt`; its lists are 404. A session that has not ended fails as `cancelled`.',
      },
      serializerCompiler: asItIs,
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      return replyWithAnswer(reply, await records.delete(principal, request.body.id, claim));
    },
  );
}

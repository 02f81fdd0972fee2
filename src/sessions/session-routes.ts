import { Type } from 'typebox';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import { noStore } from '../platform/http/no-store.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { createSessionBody } from './session-request.ts';
import type { SessionService } from './session-service.ts';
import { asItIs, byId, sessionSchema, sessionV3Schema } from './session-wire.ts';

const tags = ['Data sessions'];

/** The routes by session id. The server is behind `requirePrincipal`. */
export function sessionRoutes(server: HttpServer, sessions: SessionService): void {
  server.post(
    '/data/session/create',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'Create a data session',
        description:
          'Answers the session with the `redirectUrl` to send your user to. Without `permissions` and `returnUrl` the answer is in the words of the previous vendor’s last client.',
        headers: idempotencyHeaders,
        body: createSessionBody,
        response: { 200: Type.Union([sessionSchema, sessionV3Schema]), ...errorResponses },
      },
      serializerCompiler: asItIs,
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      return replyWithAnswer(reply, await sessions.create(principal, request.body, claim));
    },
  );

  const retrieve = {
    tags,
    summary: 'Retrieve a data session, with its data once complete',
    response: { 200: sessionSchema, ...errorResponses },
  };
  server.get(
    '/data/session/retrieve',
    { onRequest: noStore, schema: { ...retrieve, querystring: byId }, serializerCompiler: asItIs },
    async (request) => {
      return sessions.retrieve(principalOf<MerchantPrincipal>(request), request.query.id);
    },
  );
  server.post(
    '/data/session/retrieve',
    { onRequest: noStore, schema: { ...retrieve, body: byId }, serializerCompiler: asItIs },
    async (request) => {
      return sessions.retrieve(principalOf<MerchantPrincipal>(request), request.body.id);
    },
  );
  server.post(
    '/data/session/details',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'A data session in the words of the previous vendor’s last client',
        body: byId,
        response: { 200: sessionV3Schema, ...errorResponses },
      },
      serializerCompiler: asItIs,
    },
    async (request) => {
      return sessions.details(principalOf<MerchantPrincipal>(request), request.body.id);
    },
  );
}

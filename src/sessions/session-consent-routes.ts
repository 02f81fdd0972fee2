import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import { noStore } from '../platform/http/no-store.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { bySessionBody } from './data-request.ts';
import type { SessionConsentService } from './session-consent-service.ts';
import { consentSchema } from './session-consent-wire.ts';

const tags = ['Consents'];

/** The consent behind a session. The server is behind `requirePrincipal`. */
export function sessionConsentRoutes(server: HttpServer, consents: SessionConsentService): void {
  server.post(
    '/data/consent/details',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'How the consent of a session stands',
        body: bySessionBody,
        response: { 200: consentSchema, ...errorResponses },
      },
    },
    async (request) => consents.details(principalOf<MerchantPrincipal>(request), request.body.sessionId),
  );
  server.post(
    '/data/consent/revoke',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'End the consent of a session, at the bank too',
        description:
          'Data that are there stay. A session that is not complete fails as `cancelled`, and what its user may still do at the bank is ended there. Answers `revoked`, also on repeat.',
        headers: idempotencyHeaders,
        body: bySessionBody,
        response: { 200: consentSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      return replyWithAnswer(reply, await consents.revoke(principal, request.body.sessionId, claim));
    },
  );
}

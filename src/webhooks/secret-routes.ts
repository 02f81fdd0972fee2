import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { ownerOf } from './owner.ts';
import { rotatedSchema, secretsSchema, toRotatedWords, toSecretsWords } from './secret-wire.ts';
import type { WebhookRouteDeps } from './webhook-request.ts';

const tags = ['Webhook secrets'];

/** One signing secret per merchant and environment, and how it is changed without losing an event. */
export function secretRoutes(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  const { secrets } = webhooks;

  server.post(
    '/webhook-secret/details',
    {
      schema: {
        tags,
        summary: 'Which secrets sign, without showing them',
        response: { 200: secretsSchema, ...errorResponses },
      },
    },
    async (request) => toSecretsWords(await secrets.find(ownerOf(principalOf<MerchantPrincipal>(request)))),
  );

  server.post(
    '/webhook-secret/rotate',
    {
      schema: {
        tags,
        summary: 'Make a new secret, and show it once',
        description:
          'It signs beside the primary until it is promoted; a next one that was not promoted is replaced. The first secret that you ask for is the primary at once.',
        headers: idempotencyHeaders,
        response: { 200: rotatedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const answer = await idempotency.run(claim, async (tx) =>
        toRotatedWords(await secrets.rotate(tx, ownerOf(principal))),
      );
      return replyWithAnswer(reply, answer);
    },
  );

  server.post(
    '/webhook-secret/promote',
    {
      schema: {
        tags,
        summary: 'Let the next secret sign alone',
        headers: idempotencyHeaders,
        response: { 200: secretsSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const answer = await idempotency.run(claim, async (tx) =>
        toSecretsWords(await secrets.promote(tx, ownerOf(principal))),
      );
      return replyWithAnswer(reply, answer);
    },
  );
}

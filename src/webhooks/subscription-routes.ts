import { Type } from 'typebox';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import type { HttpServer } from '../platform/http/server.ts';
import {
  createSubscriptionBody,
  listSubscriptionsBody,
  pingSchema,
  subscriptionId,
  subscriptionListSchema,
  subscriptionSchema,
  toPingWords,
  toSubscriptionWords,
  updateSubscriptionBody,
} from './subscription-wire.ts';
import { successSchema, type WebhookRouteDeps } from './webhook-request.ts';

const tags = ['Webhook subscriptions'];
const byId = Type.Object({ id: subscriptionId });
const defaultLimit = 20;

export function subscriptionRoutes(server: HttpServer, deps: WebhookRouteDeps): void {
  createRoute(server, deps);
  updateRoute(server, deps);
  listRoute(server, deps);
  deleteRoute(server, deps);
  pingRoute(server, deps);
}

function createRoute(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  const { subscriptions } = webhooks;
  server.post(
    '/webhook-subscription/create',
    {
      schema: {
        tags,
        summary: 'Subscribe an address to events',
        headers: idempotencyHeaders,
        body: createSubscriptionBody,
        response: { 200: subscriptionSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const earlier = claim && (await idempotency.replay(claim));
      if (earlier) return replyWithAnswer(reply, earlier);
      await subscriptions.checkUrl(request.body.url);
      const answer = await idempotency.run(claim, async (tx) =>
        toSubscriptionWords(await subscriptions.create(tx, principal, request.body)),
      );
      return replyWithAnswer(reply, answer);
    },
  );
}

function updateRoute(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  const { subscriptions } = webhooks;
  server.post(
    '/webhook-subscription/update',
    {
      schema: {
        tags,
        summary: 'Change the address or the events of a subscription',
        description: 'What is left out stays. A subscription that a 410 disabled lives again.',
        headers: idempotencyHeaders,
        body: updateSubscriptionBody,
        response: { 200: subscriptionSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const earlier = claim && (await idempotency.replay(claim));
      if (earlier) return replyWithAnswer(reply, earlier);
      if (request.body.url !== undefined) await subscriptions.checkUrl(request.body.url);
      const answer = await idempotency.run(claim, async (tx) =>
        toSubscriptionWords(await subscriptions.update(tx, principal, request.body)),
      );
      return replyWithAnswer(reply, answer);
    },
  );
}

function listRoute(server: HttpServer, { webhooks }: WebhookRouteDeps): void {
  server.post(
    '/webhook-subscription/list',
    {
      schema: {
        tags,
        summary: 'List subscriptions, oldest first',
        body: listSubscriptionsBody,
        response: { 200: subscriptionListSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { skip = 0, limit = defaultLimit } = request.body;
      const principal = principalOf<MerchantPrincipal>(request);
      const { items, count } = await webhooks.subscriptions.list(principal, { skip, limit });
      return {
        items: items.map(toSubscriptionWords),
        count,
        skip,
        hasNext: skip + items.length < count && items.length > 0,
      };
    },
  );
}

function deleteRoute(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  server.post(
    '/webhook-subscription/delete',
    {
      schema: {
        tags,
        summary: 'Delete a subscription; what still waits for it is given up',
        headers: idempotencyHeaders,
        body: byId,
        response: { 200: successSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const answer = await idempotency.run(claim, async (tx) => {
        await webhooks.subscriptions.delete(tx, principal, request.body.id);
        return { success: true };
      });
      return replyWithAnswer(reply, answer);
    },
  );
}

function pingRoute(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  server.post(
    '/webhook-subscription/ping',
    {
      schema: {
        tags,
        summary: 'Send a `test` event to a subscription now',
        description:
          'Sent once and not recorded. A receiver that gives no answer at all is a 502 that says why.',
        headers: idempotencyHeaders,
        body: byId,
        response: { 200: pingSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const { id } = request.body;
      const answer = await idempotency.runOutside(claim, async () =>
        toPingWords(id, await webhooks.ping(principal, id)),
      );
      return replyWithAnswer(reply, answer);
    },
  );
}

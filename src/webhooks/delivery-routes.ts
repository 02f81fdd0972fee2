import { isUuid } from '../core/ids.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import type { HttpServer } from '../platform/http/server.ts';
import {
  deliverySchema,
  eventSchema,
  listDeliveriesBody,
  listEventsBody,
  pageOf,
  readResend,
  resendBody,
  toDeliveryWords,
  toEventWords,
  toPage,
  triggerBody,
} from './delivery-wire.ts';
import { ownerOf } from './owner.ts';
import { parseCursor } from './webhook-id.ts';
import { successSchema, type WebhookRouteDeps } from './webhook-request.ts';

const tags = ['Webhook deliveries'];
const defaultLimit = 20;

/** What was sent, how it went, and how to send it again. */
export function deliveryRoutes(server: HttpServer, deps: WebhookRouteDeps): void {
  listDeliveriesRoute(server, deps);
  listEventsRoute(server, deps);
  triggerRoute(server, deps);
  resendRoute(server, deps);
}

function listDeliveriesRoute(server: HttpServer, { webhooks }: WebhookRouteDeps): void {
  server.post(
    '/webhook-delivery/list',
    {
      schema: {
        tags,
        summary: 'Deliveries of 30 days with every attempt, newest first',
        body: listDeliveriesBody,
        response: { 200: pageOf(deliverySchema), ...errorResponses },
      },
    },
    async (request) => {
      const { eventId, subscriptionId, sessionId, status, afterCursor } = request.body;
      const { limit = defaultLimit } = request.body;
      const owner = ownerOf(principalOf<MerchantPrincipal>(request));
      const beforeId = parseCursor(afterCursor);
      const ids = [eventId, subscriptionId].filter((id) => id !== undefined);
      if (!ids.every(isUuid)) return toPage([], limit, toDeliveryWords);
      const filter = { ...owner, eventId, subscriptionId, subject: sessionId, status, beforeId };
      const rows = await webhooks.deliveries.list({ ...filter, limit: limit + 1 });
      return toPage(rows, limit, toDeliveryWords);
    },
  );
}

function listEventsRoute(server: HttpServer, { webhooks }: WebhookRouteDeps): void {
  server.post(
    '/event/list',
    {
      schema: {
        tags,
        summary: 'Events of 30 days, newest first',
        body: listEventsBody,
        response: { 200: pageOf(eventSchema), ...errorResponses },
      },
    },
    async (request) => {
      const { sessionId, afterCursor, limit = defaultLimit } = request.body;
      const principal = principalOf<MerchantPrincipal>(request);
      const filter = { subject: sessionId, beforeId: parseCursor(afterCursor), limit: limit + 1 };
      return toPage(await webhooks.listEvents(principal, filter), limit, toEventWords);
    },
  );
}

function triggerRoute(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  server.post(
    '/webhook/trigger',
    {
      schema: {
        tags,
        summary: 'Send one event again',
        headers: idempotencyHeaders,
        body: triggerBody,
        response: { 200: successSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const answer = await idempotency.run(claim, async (tx) => {
        await webhooks.resend(tx, principal, { eventId: request.body.id });
        return { success: true };
      });
      return replyWithAnswer(reply, answer);
    },
  );
}

function resendRoute(server: HttpServer, { webhooks, idempotency }: WebhookRouteDeps): void {
  server.post(
    '/webhook/resend',
    {
      schema: {
        tags,
        summary: 'Send events again: one, those of a time, or all that failed',
        description: 'Each starts the retry schedule anew, with the same id and the same bytes.',
        headers: idempotencyHeaders,
        body: resendBody,
        response: { 200: successSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const which = readResend(request.body);
      const answer = await idempotency.run(claim, async (tx) => {
        await webhooks.resend(tx, principal, which);
        return { success: true };
      });
      return replyWithAnswer(reply, answer);
    },
  );
}

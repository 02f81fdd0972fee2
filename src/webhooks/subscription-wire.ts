import { Type } from 'typebox';
import type { PingAnswer } from './attempt-service.ts';
import { subscribableEvents } from './event-type.ts';
import { maxUrlLength, type Subscription } from './subscription.ts';
import { idSchema, isoDate } from './webhook-request.ts';

const url = Type.String({
  minLength: 1,
  maxLength: maxUrlLength,
  description:
    'Where events are sent by POST. https; a public address. Unique per environment; answered as the URL standard writes it.',
});
const events = Type.Array(Type.Enum([...subscribableEvents]), {
  minItems: 1,
  uniqueItems: true,
  description:
    'Which events are sent there; `*` for all. Names of the previous vendor’s payments are accepted and never fire.',
});

export const subscriptionId = idSchema('The id of the subscription.');
export const createSubscriptionBody = Type.Object({ url, events: Type.Optional(events) });
export const updateSubscriptionBody = Type.Object({
  id: subscriptionId,
  url: Type.Optional(url),
  events: Type.Optional(events),
});
export const listSubscriptionsBody = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'At most 100; 20 if absent.' })),
  skip: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
});

export const subscriptionSchema = Type.Object({
  id: Type.String(),
  url: Type.String(),
  events: Type.Array(Type.String()),
  merchant: Type.String({ description: 'The id of the merchant.' }),
  merchantApp: Type.String({ description: 'The app id of the key that made it.' }),
  createdAt: isoDate,
  updatedAt: isoDate,
  disabledAt: Type.Optional(
    Type.String({ description: 'Its receiver answered 410; any update lets it live again.' }),
  ),
});

export const subscriptionListSchema = Type.Object({
  items: Type.Array(subscriptionSchema),
  count: Type.Integer({ description: 'How many there are in all.' }),
  skip: Type.Integer(),
  hasNext: Type.Boolean(),
});

export const pingSchema = Type.Object({
  id: Type.String({ description: 'The id of the subscription.' }),
  date: isoDate,
  response: Type.String({ description: 'The first 1,024 bytes of the answer, as text.' }),
  statusCode: Type.Integer(),
  success: Type.Boolean({ description: 'Whether the answer was a 2xx.' }),
});

export function toSubscriptionWords(subscription: Subscription) {
  return {
    id: subscription.id,
    url: subscription.url,
    events: [...subscription.events],
    merchant: subscription.merchantId,
    merchantApp: subscription.appId,
    createdAt: subscription.createdAt.toISOString(),
    updatedAt: subscription.updatedAt.toISOString(),
    ...(subscription.disabledAt && { disabledAt: subscription.disabledAt.toISOString() }),
  };
}

export function toPingWords(id: string, ping: PingAnswer) {
  return {
    id,
    date: ping.date.toISOString(),
    response: ping.text,
    statusCode: ping.status,
    success: ping.success,
  };
}

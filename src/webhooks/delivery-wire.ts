import { type Static, Type } from 'typebox';
import { invalid } from '../core/errors.ts';
import { isIsoDate } from '../core/iso-date.ts';
import { deliveryStatuses } from './delivery.ts';
import type { ListedAttempt, ListedDelivery } from './delivery-list-store.ts';
import type { ListedEvent } from './event-store.ts';
import type { Resend } from './resend-store.ts';
import { printCursor } from './webhook-id.ts';
import { idSchema, isoDate } from './webhook-request.ts';

const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'At most 100; 20 if absent.' })),
  afterCursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: '`nextCursor` of the page before.' }),
  ),
};
const sessionId = Type.Optional(idSchema('Only about this data session.'));
const date = (description: string) => Type.String({ minLength: 10, maxLength: 40, description });

export const listDeliveriesBody = Type.Object({
  eventId: Type.Optional(idSchema('Only of this event.')),
  subscriptionId: Type.Optional(idSchema('Only to this subscription.')),
  sessionId,
  status: Type.Optional(Type.Enum([...deliveryStatuses])),
  ...paging,
});
export const listEventsBody = Type.Object({ sessionId, ...paging });
export const triggerBody = Type.Object({ id: idSchema('The id of an event.') });
export const resendBody = Type.Object({
  id: Type.Optional(idSchema('The id of an event.')),
  from: Type.Optional(date('ISO 8601: events from this time on; with `to`.')),
  to: Type.Optional(date('ISO 8601: events until this time.')),
  failed: Type.Optional(
    Type.Boolean({ description: 'true: everything that failed and is not delivered yet.' }),
  ),
});

const attempt = Type.Object({
  number: Type.Integer({ description: 'A number that is missing was begun and its outcome lost.' }),
  startedAt: isoDate,
  durationMs: Type.Integer(),
  statusCode: Type.Optional(Type.Integer({ description: 'What the receiver answered.' })),
  failure: Type.Optional(Type.String({ description: 'Why there was no answer.' })),
});

export const deliverySchema = Type.Object({
  id: Type.String(),
  eventId: Type.String(),
  eventType: Type.String(),
  sessionId: Type.Optional(Type.String()),
  subscriptionId: Type.String(),
  status: Type.Enum([...deliveryStatuses]),
  createdAt: isoDate,
  nextAttemptAt: Type.Optional(isoDate),
  attempts: Type.Array(attempt),
});

export const eventSchema = Type.Object({
  id: Type.String(),
  type: Type.String(),
  sessionId: Type.Optional(Type.String()),
  sequence: Type.Integer({ description: 'Counts the events of one session from 1.' }),
  date: isoDate,
});

export function pageOf<Item extends typeof deliverySchema | typeof eventSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    hasNext: Type.Boolean(),
    nextCursor: Type.Optional(Type.String()),
  });
}

/** A page of at most `limit` rows, of which one more was asked for to know whether there is a next one. */
export function toPage<Row extends { id: string }, Words>(
  rows: readonly Row[],
  limit: number,
  toWords: (row: Row) => Words,
) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(toWords),
    hasNext: last !== undefined,
    ...(last && { nextCursor: printCursor(last.id) }),
  };
}

export function toDeliveryWords(delivery: ListedDelivery) {
  return {
    id: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    ...(delivery.subject !== null && { sessionId: delivery.subject }),
    subscriptionId: delivery.subscriptionId,
    status: delivery.status,
    createdAt: delivery.createdAt.toISOString(),
    ...(delivery.nextAttemptAt && { nextAttemptAt: delivery.nextAttemptAt.toISOString() }),
    attempts: delivery.attempts.map(toAttemptWords),
  };
}

export function toEventWords(event: ListedEvent) {
  return {
    id: event.id,
    type: event.type,
    ...(event.subject !== null && { sessionId: event.subject }),
    sequence: event.sequence,
    date: event.createdAt.toISOString(),
  };
}

function toAttemptWords(attempt: ListedAttempt) {
  return {
    number: attempt.number,
    startedAt: new Date(attempt.startedAt).toISOString(),
    durationMs: attempt.durationMs,
    ...(attempt.status !== null && { statusCode: attempt.status }),
    ...(attempt.failure !== null && { failure: attempt.failure }),
  };
}

/** Exactly one way to say what is sent again. @throws ApiError VALIDATION */
export function readResend(body: Static<typeof resendBody>): Resend {
  const { id, from, to, failed } = body;
  const ways = [id !== undefined, from !== undefined || to !== undefined, failed !== undefined];
  if (ways.filter(Boolean).length !== 1)
    throw invalid('id', 'Send either id, or from and to, or failed: true.');
  if (id !== undefined) return { eventId: id };
  if (failed === true) return { failed: true };
  if (failed === false) throw invalid('failed', 'failed must be true if it is sent.');
  const range = { from: readDate('from', from), to: readDate('to', to) };
  if (range.from > range.to) throw invalid('to', 'to must not be before from.');
  return range;
}

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** ISO 8601 with a zone, since a time without one is another time on every machine. A date alone is its midnight, UTC. */
function readDate(param: string, text = ''): Date {
  const read = new Date(isoTime.test(text) && isDay(text.slice(0, 10)) ? text : Number.NaN);
  if (Number.isNaN(read.getTime()))
    throw invalid(param, `${param} must be an ISO 8601 time with a zone, from 1970 on.`);
  return read;
}

/** Nothing here is older than Unix time. */
function isDay(text: string): boolean {
  return isIsoDate(text) && text >= '1970';
}

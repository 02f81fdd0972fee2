import type { Environment } from '../merchants/merchant.ts';
import type { WebhookEventType } from './event-type.ts';

/** What a feature says when something happened that the merchant wants to know. */
export interface NewEvent {
  readonly merchantId: string;
  readonly environment: Environment;
  readonly type: WebhookEventType;
  /**
   * Opaque here but for one name; JSON. What it is about names itself inside. Receivers are promised bodies
   * below {@link maxBodyBytes}: who publishes long lists in `data` cuts them, or the receiver has to fetch it.
   */
  readonly payload: Readonly<Record<string, unknown>>;
  /** What the event is about (a session's id): its events are counted, and erased with it. */
  readonly subject?: string;
  readonly at: Date;
}

/** How long an event can be listed and sent again. */
export const eventRetentionMs = 30 * 24 * 60 * 60_000;

export const maxBodyBytes = 256_000;

/**
 * The body of an event, byte for byte what is signed, stored and sent at every attempt. `sequence` counts the
 * events of one subject from 1, so that a receiver can put them in order. A body that would be too long has
 * `dataOmitted: true` in place of its `data`: to refuse it would undo what the event tells of.
 */
export function printEvent(
  id: string,
  sequence: number,
  event: NewEvent,
): { body: string; dataOmitted: boolean } {
  const { type, payload, at } = event;
  const print = (shown: NewEvent['payload']) =>
    JSON.stringify({ id, type, payload: shown, date: at.toISOString(), sequence });
  const body = print(payload);
  if (Buffer.byteLength(body) < maxBodyBytes) return { body, dataOmitted: false };
  const { data: _, ...rest } = payload;
  return { body: print({ ...rest, dataOmitted: true }), dataOmitted: true };
}

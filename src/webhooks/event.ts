import type { Environment } from '../merchants/merchant.ts';
import type { WebhookEventType } from './event-type.ts';

/** What a feature says when something happened that the merchant wants to know. */
export interface NewEvent {
  readonly merchantId: string;
  readonly environment: Environment;
  readonly type: WebhookEventType;
  /**
   * Opaque here; JSON. What it is about names itself inside. Receivers are promised bodies below 256 kB: who
   * publishes long lists cuts them.
   */
  readonly payload: Readonly<Record<string, unknown>>;
  /** What the event is about (a session's id): its events are counted, and erased with it. */
  readonly subject?: string;
  readonly at: Date;
}

/** How long an event can be listed and sent again. */
export const eventRetentionMs = 30 * 24 * 60 * 60_000;

/**
 * The body of an event, byte for byte what is signed, stored and sent at every attempt. `sequence` counts the
 * events of one subject from 1, so that a receiver can put them in order.
 */
export function printEvent(id: string, sequence: number, event: NewEvent): string {
  const { type, payload, at } = event;
  return JSON.stringify({ id, type, payload, date: at.toISOString(), sequence });
}

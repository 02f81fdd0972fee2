import type { Tx } from '../platform/postgres/pool.ts';
import type { WebhookEventType } from '../webhooks/event-type.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import type { Session } from './session.ts';

/** Tells the merchant about a session, if and only if the transaction commits. */
export async function announce(
  { webhooks }: { readonly webhooks: WebhookService },
  tx: Tx,
  session: Session,
  event: {
    readonly type: WebhookEventType;
    readonly payload: Readonly<Record<string, unknown>>;
    readonly at: Date;
  },
): Promise<void> {
  const { merchantId, environment, id } = session;
  await webhooks.publish(tx, { merchantId, environment, ...event, subject: id });
}

/** What became of a consent: by whom it ended, or how long it lasts. */
export interface ConsentNews {
  readonly expiresAt?: Date | undefined;
  readonly daysLeft?: number;
  readonly revokedAt?: Date;
  /** Who ended it: you, the user or bank, or a renewal that took its place. */
  readonly revokedBy?: 'merchant' | 'bank' | 'renewal';
}

/** The payload of a consent's webhooks. */
export function toConsentPayload(session: Session, news: ConsentNews): Record<string, unknown> {
  const { expiresAt, revokedAt, ...rest } = news;
  return {
    id: session.id,
    referenceId: session.referenceId,
    ...(session.metadata && { metadata: session.metadata }),
    ...(expiresAt && { expiresAt: toEpochSeconds(expiresAt) }),
    ...(revokedAt && { revokedAt: toEpochSeconds(revokedAt) }),
    ...rest,
  };
}

export function toEpochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** What Trellis itself tells a merchant. */
export const firedEventTypes = [
  'data_session_completed',
  'data_session_failed',
  'data_session_updated',
  'consent_expiring',
  'consent_revoked',
  'consent_expired',
  'webhook_endpoint_paused',
  'test',
] as const;

export type WebhookEventType = (typeof firedEventTypes)[number];

/**
 * The names that the vendor's last client knows. They may be subscribed to, so that its users need not change
 * their set-up; those about payments never fire here.
 */
const vendorEventTypes = [
  'test',
  'merchant_updated',
  'merchant_app_updated',
  'order_created',
  'order_updated',
  'refund_succeeded',
  'refund_failed',
  'refund.initiated',
  'refund.succeeded',
  'refund.failed',
  'payout_report_requested',
  'data_session_completed',
  'checkout_session_created',
  'checkout_session_updated',
  'checkout_session_expired',
  'checkout_session_completed',
  'payout_created',
  'payout_updated',
  'user_payout.initiated',
  'user_payout.failed',
  'user_payout.paid',
  'payout.initiated',
  'payout.failed',
  'payout.paid',
  'deposit.received',
  'return.initiated',
  'return.succeeded',
  'return.failed',
  'return.returned',
  'fx.initiated',
  'fx.succeeded',
  'fx.failed',
] as const;

/** Stands for every event there is or will be. */
export const everyEvent = '*';

/** All that a subscription may name. */
export const subscribableEvents: readonly string[] = [
  ...new Set<string>([everyEvent, ...firedEventTypes, ...vendorEventTypes]),
];

/** What a subscription without `events` listens to. */
export const defaultEvents: readonly string[] = ['data_session_completed', 'test'];

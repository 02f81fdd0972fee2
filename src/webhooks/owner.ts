import type { Environment, MerchantPrincipal } from '../merchants/merchant.ts';

/** Whose subscriptions, secrets and events: a merchant's in one environment, which knows nothing of the other. */
export interface WebhookOwner {
  readonly merchantId: string;
  readonly environment: Environment;
}

export function ownerOf(principal: MerchantPrincipal): WebhookOwner {
  return { merchantId: principal.merchant.id, environment: principal.environment };
}

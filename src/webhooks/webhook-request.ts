import { Type } from 'typebox';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { bodyHashOf } from '../platform/http/json-body.ts';
import { claimOf, type Idempotency } from '../platform/idempotency/idempotency.ts';
import type { Claim } from '../platform/idempotency/idempotency-store.ts';
import type { WebhookService } from './webhook-service.ts';

export interface WebhookRouteDeps {
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
}

/** Who sends a request that changes something, and what its `Idempotency-Key` stands for. */
export function callOf(request: Parameters<typeof bodyHashOf>[0]): {
  principal: MerchantPrincipal;
  claim: Claim | null;
} {
  const principal = principalOf<MerchantPrincipal>(request);
  const claim = claimOf({
    merchantId: principal.merchant.id,
    environment: principal.environment,
    key: request.headers['idempotency-key'],
    route: request.routeOptions.url ?? '',
    bodyHash: bodyHashOf(request),
  });
  return { principal, claim };
}

const maxIdLength = 200;

export function idSchema(description: string) {
  return Type.String({ minLength: 1, maxLength: maxIdLength, description });
}

export const isoDate = Type.String({ description: 'ISO 8601, UTC.' });
export const successSchema = Type.Object({ success: Type.Boolean() });

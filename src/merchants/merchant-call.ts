import { principalOf } from '../platform/http/authenticator.ts';
import { bodyHashOf } from '../platform/http/json-body.ts';
import { claimOf } from '../platform/idempotency/idempotency.ts';
import type { Claim } from '../platform/idempotency/idempotency-store.ts';
import type { MerchantPrincipal } from './merchant.ts';

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

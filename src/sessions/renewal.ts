import { standingOf } from '../consents/consent.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import { ApiError, invalid } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import type { Session } from './session.ts';
import { announce, toConsentPayload } from './session-event.ts';
import type { SessionStore } from './session-store.ts';

export interface RenewalDeps {
  readonly db: Db;
  readonly store: SessionStore;
  readonly consents: ConsentService;
  readonly clock: Clock;
  readonly webhooks: WebhookService;
}

/** The session that is to be renewed, and the bank that it was connected with. */
export interface Renewed {
  readonly session: Session;
  readonly bankId: string;
}

/** @throws ApiError VALIDATION for an id that is not one of the merchant's sessions; CONFLICT before it is complete */
export async function findRenewed(
  { db, store, consents }: RenewalDeps,
  { merchant, environment }: MerchantPrincipal,
  id: string,
): Promise<Renewed> {
  const key = { merchantId: merchant.id, id };
  const session = isUuid(id) ? await store.find(db, key, environment) : undefined;
  if (!session) throw invalid('renewOf', 'renewOf is not one of your sessions.');
  const consent = session.deletedAt ? undefined : await consents.find(key.merchantId, id);
  if (session.state.status === 'complete' && consent) return { session, bankId: consent.bankId };
  throw new ApiError(
    'CONFLICT',
    `The session in renewOf ${session.deletedAt ? 'was deleted' : 'is not complete'}: there is nothing to renew.`,
    {
      param: 'renewOf',
    },
  );
}

/**
 * The new consent was given: the one before ends, here and at the bank. Where a bank lets a new recurring consent
 * replace the older one by itself (Berlin Group, POST /consents), it is found ended there already.
 */
export async function endRenewed(deps: RenewalDeps, tx: Tx, { merchantId, renewOf }: Session): Promise<void> {
  if (renewOf === undefined) return;
  const at = deps.clock.now();
  const earlier = await deps.store.lock(tx, { merchantId, id: renewOf });
  const consent = await deps.consents.find(merchantId, renewOf, tx);
  if (!earlier || !consent || standingOf(consent, at) !== 'authorised') return;
  await deps.consents.requestEnd(tx, merchantId, renewOf);
  const payload = toConsentPayload(earlier, {
    expiresAt: consent.expiresAt,
    revokedAt: at,
    revokedBy: 'renewal',
  });
  await announce(deps, tx, earlier, { type: 'consent_revoked', payload, at });
}

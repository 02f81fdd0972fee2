import type pg from 'pg';
import { type ExpiringConsent, standingOf } from '../consents/consent.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import type { Sweep } from '../platform/jobs/worker.ts';
import { type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import { announce, toConsentPayload } from './session-event.ts';
import type { SessionService } from './session-service.ts';

export interface SessionConsentJobDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessions: SessionService;
  readonly consents: ConsentService;
  readonly webhooks: WebhookService;
}

const sweepEveryMs = 10_000;
const dayMs = 86_400_000;

/** Tells merchants of ongoing consents that end soon, and ends those whose time is over. */
export function sessionConsentJobs(deps: SessionConsentJobDeps): { sweeps: Sweep[] } {
  const { consents } = deps;
  return {
    sweeps: [
      {
        name: 'consent-expiring',
        everyMs: sweepEveryMs,
        run: () => each(deps, () => consents.findExpiring(), tellExpiring),
      },
      {
        name: 'consent-expired',
        everyMs: sweepEveryMs,
        run: () => each(deps, () => consents.findRunOut(), endRunOut),
      },
    ],
  };
}

/**
 * Batch after batch, as long as there is more and it gets less; each in a transaction of its own: one that fails does
 * not hold up the others.
 */
async function each<T extends { readonly sessionId: string }>(
  deps: SessionConsentJobDeps,
  find: () => Promise<readonly T[]>,
  settle: (deps: SessionConsentJobDeps, tx: Tx, one: T) => Promise<boolean>,
): Promise<void> {
  for (let settled = 1; settled > 0; ) {
    settled = 0;
    for (const one of await find()) {
      try {
        if (await transaction(deps.pool, (tx) => settle(deps, tx, one))) settled += 1;
      } catch (err) {
        deps.logger.error({ err, sessionId: one.sessionId }, 'the end of a consent could not be told');
      }
    }
  }
}

async function tellExpiring(
  deps: SessionConsentJobDeps,
  tx: Tx,
  expiring: ExpiringConsent,
): Promise<boolean> {
  const { merchantId, sessionId, expiresAt } = expiring;
  const session = await deps.sessions.lock(tx, { merchantId, id: sessionId });
  if (!session || !(await deps.consents.noteExpiryTold(tx, expiring))) return false;
  const at = deps.clock.now();
  const daysLeft = Math.ceil((expiresAt.getTime() - at.getTime()) / dayMs);
  const payload = toConsentPayload(session, { expiresAt, daysLeft });
  await announce(deps, tx, session, { type: 'consent_expiring', payload, at });
  return true;
}

async function endRunOut(
  deps: SessionConsentJobDeps,
  tx: Tx,
  { merchantId, sessionId }: { merchantId: string; sessionId: string },
): Promise<boolean> {
  const at = deps.clock.now();
  const session = await deps.sessions.lock(tx, { merchantId, id: sessionId });
  const consent = await deps.consents.find(merchantId, sessionId, tx);
  if (!session || !consent || standingOf(consent, at) !== 'expired') return false;
  if (!(await deps.consents.ended(tx, consent, 'expired'))) return false;
  const payload = toConsentPayload(session, { expiresAt: consent.expiresAt });
  await announce(deps, tx, session, { type: 'consent_expired', payload, at });
  return true;
}

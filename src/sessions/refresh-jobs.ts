import type pg from 'pg';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { BankDataService } from '../bank-data/bank-data-service.ts';
import { FetchSuperseded } from '../bank-data/fetch.ts';
import { BankFailure } from '../banking/failure.ts';
import { callsUsedUp } from '../consents/call-counter.ts';
import { ConsentEnded, psuPresenceMs, standingOf } from '../consents/consent.ts';
import type { ConsentService, UsableConsent } from '../consents/consent-service.ts';
import { jittered } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import { hasLivingJob } from '../platform/jobs/queue.ts';
import type { JobHandler, Sweep } from '../platform/jobs/worker.ts';
import { dbOf, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { BankSlots } from './bank-slots.ts';
import { inTurn } from './bank-turn.ts';
import { type RefreshFailure, refreshFailureOf, refreshJobKey, refreshTask } from './refresh.ts';
import type { ConsentEnd, RefreshRun, RefreshService } from './refresh-service.ts';
import type { RefreshStore } from './refresh-store.ts';
import { ownerOf, type Session } from './session.ts';
import { historyFrom } from './session-access.ts';
import { abandonedAfterMs, fetchWaitsMs } from './session-jobs.ts';
import type { SessionService } from './session-service.ts';

export interface RefreshJobDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessions: SessionService;
  readonly institutions: InstitutionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly refreshes: RefreshStore;
  readonly refreshing: RefreshService;
  readonly bankSlots: BankSlots;
}

const payloadSchema = Type.Object({
  merchantId: Type.String(),
  sessionId: Type.String(),
  refreshId: Type.String(),
  attempt: Type.Integer({ minimum: 1 }),
});
/** Each try is counted by the bank: two leave something of the day for another refresh. */
const maxUnattendedAttempts = 2;
const sweepBatch = 100;
const sweepEveryMs = 10_000;

/** The job that reads a bank once more, and the sweep that ends what nobody else ends. */
export function refreshJobs(deps: RefreshJobDeps): { handlers: Record<string, JobHandler>; sweeps: Sweep[] } {
  return {
    handlers: {
      [refreshTask]: async (payload) => {
        const { merchantId, sessionId, refreshId, attempt } = Value.Parse(payloadSchema, payload);
        await refresh(deps, { merchantId, id: sessionId, refreshId }, attempt);
      },
    },
    sweeps: [
      { name: 'refresh-abandoned', everyMs: sweepEveryMs, run: () => failAbandoned(deps) },
      { name: 'refresh-psu', everyMs: 60_000, run: () => erasePastPsu(deps) },
    ],
  };
}

/** Reads the bank once. Safe to run twice: a refresh that has ended is left alone. */
async function refresh(deps: RefreshJobDeps, run: RefreshRun, attempt: number): Promise<void> {
  const { refreshing, sessions, consents } = deps;
  const running = await refreshing.running(run);
  if (!running) return;
  const known = await consents.find(run.merchantId, run.id);
  if (!known) return failAsEnded(deps, run);
  const read = async (consent: UsableConsent | undefined) => {
    // Asked when it is our turn: another run may have had its turn before.
    const session = (await refreshing.running(run)) && (await sessions.find(run));
    if (!session) return;
    await (consent ? readAgain(deps, run, attempt, session, consent) : failAsEnded(deps, run));
  };
  const later = await inTurn(deps, known, read, await refreshing.psuOf(run, running));
  if (later)
    await transaction(deps.pool, (tx) => refreshing.enqueue(tx, run, attempt, jittered(later.retryAfterMs)));
}

/** The merchant, a renewal or the time has ended the consent; the bank is not asked. */
async function failAsEnded({ refreshing, consents, clock }: RefreshJobDeps, run: RefreshRun): Promise<void> {
  const consent = await consents.find(run.merchantId, run.id);
  const hasExpired = consent && standingOf(consent, clock.now()) === 'expired';
  await refreshing.fail(run, { code: hasExpired ? 'consent_expired' : 'consent_revoked' });
}

async function readAgain(
  deps: RefreshJobDeps,
  run: RefreshRun,
  attempt: number,
  session: Session,
  consent: UsableConsent,
): Promise<void> {
  try {
    await read(deps, run, session, consent).catch(async (error: unknown) => {
      if (!(error instanceof BankFailure)) throw error;
      deps.logger.warn(
        { err: error, sessionId: run.id, bankId: consent.bank.id, kind: error.kind, attempt },
        'refresh failed at the bank',
      );
      await afterFailure(deps, run, attempt, consent, error);
    });
  } catch (error) {
    // Another run of this job reads on: this one was taken for dead.
    if (error instanceof FetchSuperseded) return;
    if (error instanceof ConsentEnded) return failAsEnded(deps, run);
    throw error;
  }
}

/** All or nothing of what may come later: data that are there are not given up for a part that is late today. */
async function read(
  { bankData, refreshing }: RefreshJobDeps,
  run: RefreshRun,
  session: Session,
  consent: UsableConsent,
): Promise<void> {
  const owner = ownerOf(session);
  const fetched = await bankData.fetch({
    owner,
    consent,
    permissions: session.permissions,
    transactionsFrom: historyFrom(session, session.createdAt),
    again: await bankData.readAgain(owner),
    isLastTry: false,
  });
  if (fetched.document.accounts.length === 0) return refreshing.fail(run, { code: 'no_accounts' });
  await refreshing.complete(run, fetched);
}

async function afterFailure(
  deps: RefreshJobDeps,
  run: RefreshRun,
  attempt: number,
  consent: UsableConsent,
  failure: BankFailure,
): Promise<void> {
  const { refreshing, pool } = deps;
  if (failure.kind === 'user-must-act') {
    const consentIs = await goneAtBank(deps, consent, failure);
    const code = codeOfDenial[consentIs ?? 'alive'];
    return refreshing.fail(run, { code }, consentIs);
  }
  const isAttended = consent.access.psu !== null;
  const waitMs = isAttended || attempt < maxUnattendedAttempts ? waitBefore(attempt, failure) : undefined;
  if (waitMs === undefined) return refreshing.fail(run, failureOf(failure, deps.clock.now()));
  await transaction(pool, (tx) => refreshing.enqueue(tx, run, attempt + 1, waitMs));
}

/** Undefined where another try would help nobody, or not soon: who asked is told when. */
function waitBefore(attempt: number, { kind, details }: BankFailure): number | undefined {
  const waitMs = fetchWaitsMs[attempt - 1];
  const askedMs = details.retryAfterMs ?? 0;
  if (kind !== 'retry-later' || waitMs === undefined || details.bankCode === callsUsedUp) return undefined;
  return askedMs > Math.max(...fetchWaitsMs) ? undefined : Math.max(jittered(waitMs), askedMs);
}

function failureOf({ kind, details }: BankFailure, now: Date): RefreshFailure {
  const { retryAfterMs } = details;
  const retryAt = retryAfterMs === undefined ? {} : { retryAt: new Date(now.getTime() + retryAfterMs) };
  if (kind !== 'retry-later') return { code: refreshFailureOf[kind] };
  return { code: details.bankCode === callsUsedUp ? 'too_many_calls' : 'bank_unavailable', ...retryAt };
}

const codeOfDenial = {
  alive: 'bank_denied',
  expired: 'consent_expired',
  revoked: 'consent_revoked',
  unusable: 'consent_revoked',
} as const;

/** Whether it is the consent that is over, or only something under it that the bank does not open. */
async function goneAtBank(
  { institutions }: RefreshJobDeps,
  { bank, access }: UsableConsent,
  failure: BankFailure,
): Promise<ConsentEnd | undefined> {
  // RFC 6749 section 5.2: the refresh token is void, and nothing but a new login gives another one.
  if (failure.details.bankCode === 'invalid_grant') return 'unusable';
  try {
    const status = await institutions.connectorOf(bank).status(bank, access);
    if (status === 'expired') return 'expired';
    return status === 'revoked' || status === 'failed' ? 'revoked' : undefined;
  } catch (thrown) {
    if (!(thrown instanceof BankFailure)) throw thrown;
    if (failure.details.bankCode === 'CONSENT_EXPIRED') return 'expired';
    return failure.details.bankCode === 'CONSENT_UNKNOWN' ? 'revoked' : undefined;
  }
}

async function erasePastPsu({ pool, clock, refreshes }: RefreshJobDeps): Promise<void> {
  await refreshes.erasePastPsu(dbOf(pool), new Date(clock.now().getTime() - psuPresenceMs));
}

/** A running refresh without a living job would run for ever. */
async function failAbandoned({ pool, clock, logger, refreshes, refreshing }: RefreshJobDeps): Promise<void> {
  const db = dbOf(pool);
  const before = new Date(clock.now().getTime() - abandonedAfterMs);
  for (const run of await refreshes.findRunning(db, before, sweepBatch)) {
    if (await hasLivingJob(db, refreshJobKey(run))) continue;
    logger.error({ sessionId: run.id }, 'a running refresh had no job left');
    await refreshing.fail(run, { code: 'internal' });
  }
}

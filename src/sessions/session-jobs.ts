import type pg from 'pg';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { BankDataService } from '../bank-data/bank-data-service.ts';
import { FetchSuperseded } from '../bank-data/fetch.ts';
import { BankFailure, type BankFailureKind } from '../banking/failure.ts';
import { ConsentEnded } from '../consents/consent.ts';
import type { ConsentService, UsableConsent } from '../consents/consent-service.ts';
import { jittered } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import { hasLivingJob } from '../platform/jobs/queue.ts';
import type { JobHandler, Sweep } from '../platform/jobs/worker.ts';
import { dbOf, transaction } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { BankSlots } from './bank-slots.ts';
import { inTurn } from './bank-turn.ts';
import { type FailureCode, ownerOf, returnGraceMs, type Session, type SessionKey } from './session.ts';
import { historyFrom } from './session-access.ts';
import { fetchJobKey, fetchTask, type SessionService } from './session-service.ts';
import type { Due, SessionStore } from './session-store.ts';

export interface SessionJobDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: SessionStore;
  readonly sessions: SessionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly bankSlots: BankSlots;
}

const fetchPayload = Type.Object({
  merchantId: Type.String(),
  sessionId: Type.String(),
  attempt: Type.Integer({ minimum: 1 }),
});

/**
 * Waits before the second to fifth attempt: five attempts within ten minutes, which is how long banks' access
 * tokens live at least. A one-off consent has no refresh token, and a token that ran out would look like a denial.
 */
export const fetchWaitsMs = [10_000, 50_000, 160_000, 300_000];
const sweepBatch = 100;
const sweepEveryMs = 10_000;
/** A pending session whose job is gone was left by a bug or a full disk; a little patience avoids a race. */
export const abandonedAfterMs = 60_000;

/** The job that reads the bank, and the sweeps that end what nobody else ends. */
export function sessionJobs(deps: SessionJobDeps): { handlers: Record<string, JobHandler>; sweeps: Sweep[] } {
  return {
    handlers: {
      [fetchTask]: async (payload) => {
        const { merchantId, sessionId, attempt } = Value.Parse(fetchPayload, payload);
        await fetchBankData(deps, { merchantId, id: sessionId }, attempt);
      },
    },
    sweeps: [
      { name: 'session-expiry', everyMs: sweepEveryMs, run: () => expireSessions(deps) },
      { name: 'session-abandoned', everyMs: sweepEveryMs, run: () => failAbandoned(deps) },
    ],
  };
}

/** Reads the bank once. Safe to run twice: a session that has moved on is left alone. */
async function fetchBankData(deps: SessionJobDeps, key: SessionKey, attempt: number): Promise<void> {
  const known = await deps.consents.find(key.merchantId, key.id);
  if (!known) return end(deps, key, 'bank_denied');
  const later = await inTurn(deps, known, async (consent) => {
    // Asked when it is our turn: another run may have had its turn before.
    const session = await deps.sessions.find(key);
    if (session?.state.status !== 'pending') return;
    await (consent ? readBank(deps, session, consent, attempt) : end(deps, key, 'bank_denied'));
  });
  if (later)
    await transaction(deps.pool, (tx) =>
      deps.sessions.enqueueFetch(tx, key, attempt, jittered(later.retryAfterMs)),
    );
}

async function readBank(
  deps: SessionJobDeps,
  session: Session,
  consent: UsableConsent,
  attempt: number,
): Promise<void> {
  const key: SessionKey = session;
  try {
    const fetched = await deps.bankData.fetch({
      owner: ownerOf(key),
      consent,
      permissions: session.permissions,
      transactionsFrom: historyFrom(session, deps.clock.now()),
      renewOf: session.renewOf,
      isLastTry: fetchWaitsMs[attempt - 1] === undefined,
    });
    if (fetched.document.accounts.length === 0) return end(deps, key, 'no_accounts');
    await transaction(deps.pool, (tx) => deps.sessions.complete(tx, key, fetched));
  } catch (error) {
    // Another run of this job reads on: this one was taken for dead.
    if (error instanceof FetchSuperseded) return;
    if (error instanceof ConsentEnded) return end(deps, key, 'bank_denied');
    if (!(error instanceof BankFailure)) throw error;
    deps.logger.warn(
      { err: error, sessionId: key.id, bankId: consent.bank.id, kind: error.kind, attempt },
      'bank read failed',
    );
    await afterFailure(deps, key, attempt, error);
  }
}

async function afterFailure(
  deps: SessionJobDeps,
  key: SessionKey,
  attempt: number,
  failure: BankFailure,
): Promise<void> {
  const waitMs = fetchWaitsMs[attempt - 1];
  if (failure.kind !== 'retry-later' || waitMs === undefined)
    return end(deps, key, failureCodes[failure.kind]);
  const asked = failure.details.retryAfterMs ?? 0;
  const delayMs = Math.max(jittered(waitMs), Math.min(asked, Math.max(...fetchWaitsMs)));
  await transaction(deps.pool, (tx) => deps.sessions.enqueueFetch(tx, key, attempt + 1, delayMs));
}

const failureCodes: Readonly<Record<BankFailureKind, FailureCode>> = {
  'user-must-act': 'bank_denied',
  'bank-refused': 'bank_denied',
  'retry-later': 'bank_unavailable',
  'operator-fault': 'internal',
  'our-bug': 'internal',
};

async function end(deps: SessionJobDeps, key: SessionKey, code: FailureCode): Promise<void> {
  await transaction(deps.pool, (tx) => deps.sessions.fail(tx, key, code));
}

/** Started sessions whose time is over. */
async function expireSessions(deps: SessionJobDeps): Promise<void> {
  const now = deps.clock.now();
  await eachDue(
    deps,
    (after) =>
      deps.store.findExpired(dbOf(deps.pool), { now, graceMs: returnGraceMs, after, limit: sweepBatch }),
    (key) => transaction(deps.pool, (tx) => deps.sessions.expire(tx, key)),
  );
}

/** A pending session without a living job would wait for ever. */
async function failAbandoned(deps: SessionJobDeps): Promise<void> {
  const db = dbOf(deps.pool);
  const before = new Date(deps.clock.now().getTime() - abandonedAfterMs);
  await eachDue(
    deps,
    (after) => deps.store.findPending(db, { before, after, limit: sweepBatch }),
    async (key) => {
      if (await hasLivingJob(db, fetchJobKey(key))) return;
      deps.logger.error({ sessionId: key.id }, 'a pending session had no job left');
      await end(deps, key, 'internal');
    },
  );
}

/** Each session by itself, in a transaction of its own: one that fails does not hold up the others. */
async function eachDue(
  deps: SessionJobDeps,
  find: (after: Date) => Promise<Due[]>,
  settle: (key: SessionKey) => Promise<unknown>,
): Promise<void> {
  let batch: Due[] = [];
  do {
    batch = await find(batch.at(-1)?.due ?? new Date(0));
    for (const key of batch) {
      try {
        await settle(key);
      } catch (err) {
        deps.logger.error({ err, sessionId: key.id }, 'a session could not be ended');
      }
    }
  } while (batch.length === sweepBatch);
}

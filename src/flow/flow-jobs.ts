import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Bank } from '../banking/bank.ts';
import { present } from '../core/assert.ts';
import { hasLivingJob } from '../platform/jobs/queue.ts';
import type { JobHandler, Sweep } from '../platform/jobs/worker.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { SessionKey } from '../sessions/session.ts';
import type { Attempt, AttemptKey } from './attempt.ts';
import { type AttemptEnd, endAtBankTask, endAttempt, endJobKey, enqueueEndAtBank } from './attempt-end.ts';
import { AttemptStore, type Sealed } from './attempt-store.ts';
import type { FlowDeps } from './flow.ts';

const payloadSchema = Type.Object({ merchantId: Type.String(), attemptId: Type.String() });
const sweepEveryMs = 2_000;
const overduePerSweep = 100;
const leftOverEveryMs = 600_000;
/** Longer than the attempts of the job that ends them take. */
const leftOverPatienceMs = 24 * 3_600_000;

/** Ends at the bank what attempts left there, and ends attempts that nobody will end: a crash, an absent user. */
export function flowJobs(deps: FlowDeps): { handlers: Record<string, JobHandler>; sweeps: Sweep[] } {
  const store = new AttemptStore(deps.vault);
  return {
    handlers: {
      [endAtBankTask]: async (payload) => {
        const { merchantId, attemptId } = Value.Parse(payloadSchema, payload);
        await endAtBank(deps, store, { merchantId, id: attemptId });
      },
    },
    sweeps: [
      { name: 'flow-attempts', everyMs: sweepEveryMs, run: () => endOverdue(deps, store) },
      { name: 'flow-left-over', everyMs: leftOverEveryMs, run: () => retryLeftOver(deps, store) },
    ],
  };
}

/** Safe to run twice: what is gone at the bank counts as ended. @throws BankFailure to be tried again */
async function endAtBank(deps: FlowDeps, store: AttemptStore, key: AttemptKey): Promise<void> {
  const db = dbOf(deps.pool);
  const attempt = await store.find(db, key);
  const session = attempt && (await deps.sessions.find(sessionOf(attempt)));
  if (!attempt || !session) return;
  const sealed = await store.findSealed(db, key);
  const known = await deps.institutions.find(attempt.bankId, session.environment);
  const bank = present(known, 'the bank of an attempt');
  await endLeftovers(deps, store, attempt, bank, sealed);
  await store.forgetSealed(db, key, sealed);
}

async function endLeftovers(
  deps: FlowDeps,
  store: AttemptStore,
  key: AttemptKey,
  bank: Bank,
  { grant, bankAttempt }: Sealed,
): Promise<void> {
  const connector = deps.institutions.connectorOf(bank);
  if (grant) {
    const keep = (consent: typeof grant.consent) =>
      store.keepGrant(dbOf(deps.pool), key, { ...grant, consent });
    await connector.revoke(bank, {
      consent: grant.consent,
      psu: null,
      beforeCall: async () => undefined,
      keep,
    });
  } else if (bankAttempt) {
    await connector.abandon(bank, bankAttempt);
  }
}

/** What a bank could not be told in all attempts of a job is told it again, day by day. */
async function retryLeftOver(deps: FlowDeps, store: AttemptStore): Promise<void> {
  const db = dbOf(deps.pool);
  const now = deps.clock.now();
  const before = new Date(now.getTime() - leftOverPatienceMs);
  for (const attempt of await store.findLeftOver(db, before, overduePerSweep)) {
    if (await hasLivingJob(db, endJobKey(attempt))) continue;
    deps.logger.error(
      { attemptId: attempt.id },
      'an attempt could not be ended at the bank; it is tried again',
    );
    await transaction(deps.pool, async (tx) => {
      await store.touch(tx, attempt, now);
      await enqueueEndAtBank(tx, attempt);
    });
  }
}

/** Each by itself: one that fails does not hold up the others. */
async function endOverdue(deps: FlowDeps, store: AttemptStore): Promise<void> {
  const overdue = await store.findOverdue(dbOf(deps.pool), deps.clock.now(), overduePerSweep);
  for (const attempt of overdue) {
    try {
      await transaction(deps.pool, (tx) => endIfOverdue(deps, store, tx, attempt));
    } catch (err) {
      deps.logger.error({ err, attemptId: attempt.id }, 'an overdue attempt could not be ended');
    }
  }
}

async function endIfOverdue(deps: FlowDeps, store: AttemptStore, tx: Tx, attempt: Attempt): Promise<void> {
  const now = deps.clock.now();
  await deps.sessions.lock(tx, sessionOf(attempt));
  if (await store.isOverdue(tx, attempt, now)) await endAttempt(tx, store, attempt, endOf(attempt), now);
}

/** A call that was cut off: the user may try again. A user who did not come, answer or release in time: too late. */
function endOf({ waitsUntil }: Attempt): AttemptEnd {
  if (waitsUntil) return { stage: 'failed', failure: 'timed-out' };
  return { stage: 'failed', failure: 'interrupted' };
}

function sessionOf(attempt: Attempt): SessionKey {
  return { merchantId: attempt.merchantId, id: attempt.sessionId };
}

import type { CallBudget, CountedRead } from '../banking/call-budget.ts';
import { BankFailure } from '../banking/failure.ts';
import type { Clock } from '../core/clock.ts';
import type { Db } from '../platform/postgres/pool.ts';
import { exhaustCalls, findCalls, spendCall } from './call-budget-store.ts';

/** What is left today of one kind of read. */
export interface ScopeBudget {
  readonly read: CountedRead['read'];
  /** Our id of the account, where the read is of one. */
  readonly accountId?: string;
  readonly remaining: number;
  readonly limit: number;
  readonly resetsAt: Date;
}

/** The unattended reads under one consent, counted where all processes count. */
export class CallCounter {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #consent: { readonly merchantId: string; readonly consentId: string };
  readonly #budget: () => CallBudget;

  /** @param budget asked at each use: days pass, also while a long report is read */
  constructor(
    { db, clock }: { db: Db; clock: Clock },
    consent: { readonly merchantId: string; readonly consentId: string },
    budget: () => CallBudget,
  ) {
    this.#db = db;
    this.#clock = clock;
    this.#consent = consent;
    this.#budget = budget;
  }

  /** @throws BankFailure retry-later, with the wait for the bank's next day */
  async spend(read: CountedRead): Promise<void> {
    const { day, limit, resetsAt } = this.#budget();
    if (await spendCall(this.#db, { ...this.#consent, scope: scopeOf(read), day }, limit)) return;
    const retryAfterMs = Math.max(0, resetsAt.getTime() - this.#clock.now().getTime());
    throw new BankFailure('retry-later', `read ${read.read}: the unattended calls of the day are used up`, {
      bankCode: callsUsedUp,
      retryAfterMs,
    });
  }

  async exhaust(read: CountedRead): Promise<void> {
    const { day, limit } = this.#budget();
    await exhaustCalls(this.#db, { ...this.#consent, scope: scopeOf(read), day }, limit);
  }

  /** What is left of today: of what was begun, and of these; of anything else it is the whole limit. */
  async left(others: readonly CountedRead[] = []): Promise<readonly ScopeBudget[]> {
    const { day, limit, resetsAt } = this.#budget();
    const calls = await findCalls(this.#db, { ...this.#consent, day });
    const untouched = others.map((read) => [scopeOf(read), 0] as const);
    return [...new Map([...untouched, ...calls])].map(([scope, count]) => {
      const [read = '', accountId] = scope.split('/');
      return {
        read: read as CountedRead['read'],
        ...(accountId !== undefined && { accountId }),
        remaining: Math.max(0, limit - count),
        limit,
        resetsAt,
      };
    });
  }
}

/** The standard's own word, which the bank would say too. */
export const callsUsedUp = 'ACCESS_EXCEEDED';

function scopeOf({ read, account }: CountedRead): string {
  return account === undefined ? read : `${read}/${account}`;
}

import type { Bank } from '../banking/bank.ts';
import type { Connector } from '../banking/connector.ts';
import { monotonicMs } from '../core/clock.ts';
import { outcomeOf } from './health.ts';
import type { HealthService } from './health-service.ts';

/**
 * The connector, with every call to a bank noted: whether the bank answered, and after how long. `abandon` is left
 * out: it cleans up over and over after others, and of a bank that is down it says the same again.
 */
export function measured(connector: Connector, health: Pick<HealthService, 'note'>): Connector {
  const note = (bank: Bank, startedAt: number, failed: boolean, consent?: string) =>
    health.note({ bankId: bank.id, durationMs: monotonicMs() - startedAt, failed, consent });
  const timed = async <T>(bank: Bank, call: () => Promise<T>, consent?: string): Promise<T> => {
    const startedAt = monotonicMs();
    try {
      const answer = await call();
      note(bank, startedAt, false);
      return answer;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome !== 'unknown') note(bank, startedAt, outcome === 'failed', consent);
      throw error;
    }
  };
  return {
    ...connector,
    begin: (bank, ...rest) => timed(bank, () => connector.begin(bank, ...rest)),
    resume: (bank, ...rest) => timed(bank, () => connector.resume(bank, ...rest)),
    accounts: (bank, access, ...rest) =>
      timed(bank, () => connector.accounts(bank, access, ...rest), access.consent.bankConsentId),
    balances: (bank, access, ...rest) =>
      timed(bank, () => connector.balances(bank, access, ...rest), access.consent.bankConsentId),
    // Page by page: between them it is the reader who takes his time.
    async *transactions(bank, access, ...rest) {
      const pages = connector.transactions(bank, access, ...rest)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await timed(bank, () => pages.next(), access.consent.bankConsentId);
          if (next.done) return;
          yield next.value;
        }
      } finally {
        await pages.return?.();
      }
    },
    status: (bank, access) => timed(bank, () => connector.status(bank, access), access.consent.bankConsentId),
    revoke: (bank, access) => timed(bank, () => connector.revoke(bank, access), access.consent.bankConsentId),
  };
}

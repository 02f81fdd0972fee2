import type { PsuContext } from '../banking/consent.ts';
import type { ConsentRecord } from '../consents/consent.ts';
import type { ConsentService, UsableConsent } from '../consents/consent-service.ts';
import type { BankSlots } from './bank-slots.ts';

/** Another run of the same job, or the word to the bank that it is over: both end soon. */
const busyRetryMs = 1_000;

export interface TurnDeps {
  readonly bankSlots: BankSlots;
  readonly consents: ConsentService;
}

/**
 * Runs a read when it is its turn: this process has a slot for the bank, and nobody else, in any process, calls it under
 * the consent. Otherwise says when to come again.
 * @param read gets undefined where the consent has ended
 */
export async function inTurn(
  { bankSlots, consents }: TurnDeps,
  consent: Pick<ConsentRecord, 'merchantId' | 'sessionId' | 'bankId'>,
  read: (usable: UsableConsent | undefined) => Promise<void>,
  psu?: PsuContext | null,
): Promise<{ retryAfterMs: number } | undefined> {
  let isFree = true;
  const later = await bankSlots.run(consent.bankId, async () => {
    isFree = await consents.use(consent, read, psu);
  });
  return later ?? (isFree ? undefined : { retryAfterMs: busyRetryMs });
}

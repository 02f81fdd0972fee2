import type { X509Certificate } from 'node:crypto';
import type { Addresses } from './addresses.ts';
import type { BankClock } from './clock.ts';
import type { Faults } from './control/faults.ts';
import type { RequestRecords } from './control/request-records.ts';
import type { PasswordKey } from './sca/password-key.ts';
import type { Store } from './store.ts';
import type { SeenMessages } from './tpp/seen-messages.ts';

/** What all banks of one process share. */
export interface Sandbox {
  /** Makes the account numbers: the same seed, the same customers. */
  readonly seed: string;
  readonly clock: BankClock;
  readonly store: Store;
  readonly addresses: Addresses;
  readonly faults: Faults;
  readonly requests: RequestRecords;
  readonly seenMessages: SeenMessages;
  readonly passwordKey: PasswordKey;
  /** Whose certificates of TPPs are believed; without one, nobody's. */
  readonly authority?: X509Certificate;
  /** For an error that no caller can be blamed for: a bug of ours, or a full disk. */
  readonly reportFailure: (error: Error) => void;
}

import type { Bank } from '../banking/bank.ts';
import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { Permission } from '../banking/permission.ts';
import type { Environment } from '../merchants/merchant.ts';

/** What a user granted at a bank, as it is stored when he comes back. */
export interface GrantedConsent {
  readonly merchantId: string;
  readonly sessionId: string;
  readonly environment: Environment;
  readonly bank: Bank;
  readonly permissions: readonly Permission[];
  readonly access: 'once' | 'ongoing';
  readonly consent: BankConsent;
  readonly psu: PsuContext;
}

/** How long after the callback the user counts as present at the bank; then his address is erased. */
export const psuPresenceMs = 15 * 60_000;

import type { Bank } from '../banking/bank.ts';
import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { Permission } from '../banking/permission.ts';
import type { Environment } from '../merchants/merchant.ts';

/** Names a consent by the session that it was given for. */
export interface ConsentKey {
  readonly merchantId: string;
  readonly sessionId: string;
}

/** What a user granted at a bank, as it is stored when he comes back. */
export interface GrantedConsent extends ConsentKey {
  readonly environment: Environment;
  readonly bank: Bank;
  readonly permissions: readonly Permission[];
  readonly access: 'once' | 'ongoing';
  readonly consent: BankConsent;
  readonly psu: PsuContext;
}

/** A consent as it is kept, living or ended; without its tokens. */
export interface ConsentRecord extends ConsentKey {
  readonly id: string;
  readonly environment: Environment;
  readonly bankId: string;
  readonly permissions: readonly Permission[];
  readonly access: 'once' | 'ongoing';
  readonly status: 'authorised' | 'expired' | 'revoked' | 'failed';
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
  /** From then on nothing is read any more, though the bank may have yet to be told. */
  readonly endingSince?: Date;
}

/** How a consent stands for whoever would use it now, before sweeps and banks have caught up. */
export function standingOf(consent: ConsentRecord, now: Date): ConsentRecord['status'] {
  if (consent.status === 'failed') return 'failed';
  if (consent.endingSince || consent.status === 'revoked') return 'revoked';
  return consent.expiresAt && consent.expiresAt <= now ? 'expired' : consent.status;
}

/** A merchant is told this many days before an ongoing consent ends, each once. */
export const expiryNoticeDays = [14, 7, 1] as const;

/** A consent whose end is near, and which notice of it is due. */
export interface ExpiringConsent extends ConsentKey {
  readonly id: string;
  readonly expiresAt: Date;
  readonly noticeDays: number;
}

/** How long after the callback the user counts as present at the bank; then his address is erased. */
export const psuPresenceMs = 15 * 60_000;

/** The consent must no longer be used here, whatever the bank thinks of it. */
export class ConsentEnded extends Error {
  override readonly name = 'ConsentEnded';
}

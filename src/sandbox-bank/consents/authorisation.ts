import type { ReturnAddresses } from './consent.ts';

export type ScaStatus = 'received' | 'psuAuthenticated' | 'finalised' | 'failed';

/** One try of a PSU to authorise a consent: the standard's authorisation sub-resource. */
export interface Authorisation {
  readonly id: string;
  readonly consentId: string;
  /** Slug of the bank. */
  readonly bank: string;
  readonly scaStatus: ScaStatus;
  readonly returnTo: ReturnAddresses;
}

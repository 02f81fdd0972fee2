import type { MethodKey } from '../sca/method-key.ts';
import type { AuthorisedBy, ReturnAddresses } from './consent.ts';

export type ScaStatus =
  | 'received'
  | 'psuIdentified'
  | 'psuAuthenticated'
  | 'scaMethodSelected'
  | 'started'
  | 'unconfirmed'
  | 'finalised'
  | 'failed'
  | 'exempted';

/** One try of a PSU to authorise a consent: the standard's authorisation sub-resource. */
export interface Authorisation {
  readonly id: string;
  readonly consentId: string;
  /** Slug of the bank. */
  readonly bank: string;
  readonly scaStatus: ScaStatus;
  readonly startedAt: string;
  /** Where the PSU is redirected. */
  readonly returnTo?: ReturnAddresses;
  /** Known where PSU-ID or a token told it before the PSU did. */
  readonly userName?: string;
  /** This customer has another password: it comes after the first, or is what is awaited now. */
  readonly additionalPassword?: 'later' | 'now';
  /** The way to authenticate that was chosen, or the only one. */
  readonly method?: MethodKey;
  /** Codes that were wrong. */
  readonly wrongCodes?: number;
  /** What the PSU has granted and the TPP has yet to confirm, with the hash of the code for that. */
  readonly unconfirmed?: { readonly by: Omit<AuthorisedBy, 'at'>; readonly codeHash: string };
}

const finalStatuses: readonly ScaStatus[] = ['finalised', 'failed', 'exempted'];

export function isFinal({ scaStatus }: Authorisation): boolean {
  return finalStatuses.includes(scaStatus);
}

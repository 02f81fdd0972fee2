import type { Bank } from '../bank.ts';
import { findBank } from '../banks.ts';
import { isAfter } from '../clock.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { findConsent } from '../consents/consent-service.ts';
import { limits } from '../limits.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { waitingInApp } from './app-approval.ts';
import { codeOf } from './one-time-code.ts';

/** Something that a customer has on his phone. */
export interface Notice {
  readonly authorisationId: string;
  readonly bank: Bank;
  readonly customer: Persona;
  readonly consent: Consent;
  /** Who asks, as the bank knows it. */
  readonly tpp: string | undefined;
  /** Present where the bank sent a code; absent where it asks to approve. */
  readonly code?: string;
}

/** Codes that reach a phone; a card reader and a picture need none. */
const sentMethods: readonly (string | undefined)[] = ['sms', 'push'];
const maxNotices = 50;

/** What lies on the phones of all customers, the newest first: requests to approve, and codes. */
export function noticesOf(sandbox: Sandbox): readonly Notice[] {
  const asks = waitingInApp(sandbox).map((authorisation) => noticeOf(sandbox, authorisation));
  const codes = [...sandbox.store.authorisations.values()]
    .filter(({ scaStatus, method }) => scaStatus === 'scaMethodSelected' && sentMethods.includes(method))
    .filter(({ startedAt }) => !isAfter(sandbox.clock.now(), startedAt, limits.appSeconds))
    .map((authorisation) => noticeOf(sandbox, authorisation, codeOf(authorisation.id)));
  return [...asks, ...codes]
    .filter((notice) => notice !== undefined)
    .reverse()
    .slice(0, maxNotices);
}

function noticeOf(sandbox: Sandbox, authorisation: Authorisation, code?: string): Notice | undefined {
  const bank = findBank(authorisation.bank);
  const persona = findPersona(authorisation.userName ?? '');
  const consent = bank && findConsent(sandbox, bank, authorisation.consentId);
  if (bank === undefined || persona === undefined || consent?.status !== 'received') return undefined;
  const { redirectUri } = consent.returnTo ?? {};
  return {
    authorisationId: authorisation.id,
    bank,
    customer: persona,
    consent,
    tpp: consent.brand ?? (redirectUri === undefined ? undefined : new URL(redirectUri).host),
    ...(code !== undefined && { code }),
  };
}

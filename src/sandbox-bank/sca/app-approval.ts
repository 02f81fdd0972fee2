import type { Bank } from '../bank.ts';
import { findBank } from '../banks.ts';
import { isAfter } from '../clock.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { findConsent, grantConsent, refuseConsent, setScaStatus } from '../consents/consent-service.ts';
import { limits } from '../limits.ts';
import { findPersona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';

export type AppDecision = 'approve' | 'decline';

/** Asks that stand in the bank's app and that the PSU has not answered yet, oldest first. */
export function waitingInApp(sandbox: Sandbox): readonly Authorisation[] {
  const asked = [...sandbox.store.authorisations.values()].filter(({ scaStatus }) => scaStatus === 'started');
  for (const authorisation of asked) settle(sandbox, authorisation);
  return asked.flatMap(({ id }) => {
    const now = sandbox.store.authorisations.get(id);
    return now?.scaStatus === 'started' ? [now] : [];
  });
}

/** The PSU answers in the app. False if this authorisation waits for no answer, or does so no longer. */
export function answerInApp(sandbox: Sandbox, authorisationId: string, decision: AppDecision): boolean {
  const authorisation = waitingInApp(sandbox).find(({ id }) => id === authorisationId);
  if (authorisation === undefined) return false;
  return decide(sandbox, authorisation, decision);
}

/** The consent, after what time has done to the asks in the app: some people answer by themselves, none later than the app waits. */
export function findSettledConsent(sandbox: Sandbox, bank: Bank, id: string): Consent | undefined {
  const consent = findConsent(sandbox, bank, id);
  if (consent?.status !== 'received') return consent;
  for (const authorisationId of consent.authorisationIds) {
    const authorisation = sandbox.store.authorisations.get(authorisationId);
    if (authorisation?.scaStatus === 'started') settle(sandbox, authorisation);
  }
  return findConsent(sandbox, bank, id);
}

function settle(sandbox: Sandbox, authorisation: Authorisation): void {
  const now = sandbox.clock.now();
  const persona = findPersona(authorisation.userName ?? '');
  if (persona?.declines) decide(sandbox, authorisation, 'decline');
  const seconds = persona?.approvesAfterSeconds;
  if (seconds !== undefined && isAfter(now, authorisation.startedAt, seconds)) {
    decide(sandbox, authorisation, 'approve');
  } else if (isAfter(now, authorisation.startedAt, limits.appSeconds)) {
    setScaStatus(sandbox, authorisation.id, 'failed');
  }
}

function decide(sandbox: Sandbox, authorisation: Authorisation, decision: AppDecision): boolean {
  const bank = findBank(authorisation.bank);
  const persona = findPersona(authorisation.userName ?? '');
  const consent = bank && findConsent(sandbox, bank, authorisation.consentId);
  if (bank === undefined || persona === undefined || consent?.status !== 'received') return false;
  if (decision === 'approve') grantConsent(sandbox, bank, consent, { authorisation, persona });
  else refuseConsent(sandbox, consent, authorisation);
  return true;
}

import type { Bank } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import {
  awaitConfirmation,
  findConsent,
  grantConsent,
  refuseConsent,
  setScaStatus,
} from '../consents/consent-service.ts';
import { randomToken, sha256 } from '../ids.ts';
import type { Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { hasTimedOut, type Locale, type OAuthRequest, type Visit } from './visit.ts';
import { wayBack } from './way-back.ts';

/** A visit that can go on: its records are there and the consent still awaits the PSU. */
export interface OpenVisit {
  readonly visit: Visit;
  readonly consent: Consent;
  readonly authorisation: Authorisation;
}

export type Decision =
  | { readonly outcome: 'declined' }
  /** `picked`: keys of the accounts that the PSU left ticked, where the consent lets him choose. */
  | { readonly outcome: 'confirmed'; readonly persona: Persona; readonly picked: readonly string[] };

/** Begins a visit; `cookie` goes to the browser and proves later that it is the same one. */
export function beginVisit(
  sandbox: Sandbox,
  authorisation: Authorisation,
  locale: Locale,
  oauth?: OAuthRequest,
) {
  const cookie = randomToken();
  const { userName } = authorisation;
  if (userName !== undefined) setScaStatus(sandbox, authorisation.id, 'psuAuthenticated');
  const visit: Visit = {
    id: randomToken(),
    bank: authorisation.bank,
    consentId: authorisation.consentId,
    authorisationId: authorisation.id,
    startedAt: sandbox.clock.now().toISOString(),
    locale,
    cookieHash: sha256(cookie),
    ...(oauth !== undefined && { oauth }),
    // Whom a token has named already need not sign in again.
    ...(userName !== undefined && { userName }),
  };
  sandbox.store.visits.put(visit.id, visit);
  return { visit, cookie };
}

/** The visit, for the browser that began it. */
export function findVisit(
  sandbox: Sandbox,
  bank: Bank,
  id: string,
  cookie: string | undefined,
): Visit | undefined {
  const visit = sandbox.store.visits.get(id);
  if (visit?.bank !== bank.slug || cookie === undefined) return undefined;
  return sha256(cookie) === visit.cookieHash ? visit : undefined;
}

/** The visit with what it is about; undefined when it came too late or another visit has decided. */
export function openVisit(sandbox: Sandbox, bank: Bank, visit: Visit): OpenVisit | undefined {
  const consent = findConsent(sandbox, bank, visit.consentId);
  const authorisation = sandbox.store.authorisations.get(visit.authorisationId);
  if (consent?.status !== 'received' || authorisation === undefined) return undefined;
  if (authorisation.scaStatus === 'unconfirmed') return undefined;
  return hasTimedOut(visit, sandbox.clock.now()) ? undefined : { visit, consent, authorisation };
}

export function changeLocale(sandbox: Sandbox, visit: Visit, locale: Locale): Visit {
  const changed = { ...visit, locale };
  sandbox.store.visits.put(visit.id, changed);
  return changed;
}

/** Any password will do. A persona that declines has decided with this. */
export function signIn(sandbox: Sandbox, bank: Bank, open: OpenVisit, persona: Persona): void {
  const twice = sandbox.faults.take(bank.slug, 'authorize', 'signIn') !== undefined;
  const visit = { ...open.visit, userName: persona.userName, ...(twice && { returnsTwice: true as const }) };
  sandbox.store.visits.put(visit.id, visit);
  setScaStatus(sandbox, visit.authorisationId, 'psuAuthenticated');
  if (persona.declines) decide(sandbox, bank, { ...open, visit }, { outcome: 'declined' });
}

/** Ends the visit: writes the decision down and fixes where the browser goes. */
export function decide(sandbox: Sandbox, bank: Bank, open: OpenVisit, decision: Decision): void {
  const { visit, consent, authorisation } = open;
  const confirmationCode =
    decision.outcome === 'confirmed' ? confirm(sandbox, bank, open, decision) : undefined;
  if (decision.outcome === 'declined') refuseConsent(sandbox, consent, authorisation);
  const leavesTo = wayBack(sandbox, bank, visit, consent, authorisation, {
    outcome: decision.outcome,
    ...(confirmationCode !== undefined && { confirmationCode }),
  });
  sandbox.store.visits.put(visit.id, { ...visit, leavesTo });
}

/** @returns the code that the browser brings to the TPP, at a bank that wants that confirmed */
function confirm(
  sandbox: Sandbox,
  bank: Bank,
  open: OpenVisit,
  { persona, picked }: Decision & { outcome: 'confirmed' },
): string | undefined {
  const { visit, consent } = open;
  const authorisation = sandbox.store.authorisations.get(open.authorisation.id) ?? open.authorisation;
  const clientId = visit.oauth?.clientId;
  const approval = { authorisation, persona, picked, ...(clientId !== undefined && { clientId }) };
  if (bank.deviations.withoutConsents) {
    // The TPP's code confirms: access begins with the tokens that it gives.
    awaitConfirmation(sandbox, bank, consent, approval, sha256(randomToken()));
    return undefined;
  }
  if (!bank.confirmation) {
    grantConsent(sandbox, bank, consent, approval);
    return undefined;
  }
  const code = randomToken();
  awaitConfirmation(sandbox, bank, consent, approval, sha256(code));
  return code;
}

import type { Bank } from '../bank.ts';
import { newUuid } from '../ids.ts';
import { type Account, accountsOf } from '../personas/account.ts';
import type { Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { mayCover } from './access.ts';
import type { Authorisation, ScaStatus } from './authorisation.ts';
import {
  type AuthorisedBy,
  type Consent,
  type ConsentStatus,
  type ConsentTerms,
  type ReturnAddresses,
  statusAt,
} from './consent.ts';

export interface NewConsent extends ConsentTerms {
  readonly returnTo: ReturnAddresses;
  readonly brand?: string;
}

export function createConsent(sandbox: Sandbox, bank: Bank, asked: NewConsent): Consent {
  const now = sandbox.clock.now().toISOString();
  const consent: Consent = {
    ...asked,
    id: newUuid(),
    bank: bank.slug,
    status: 'received',
    createdAt: now,
    lastActionAt: now,
    authorisationIds: [],
  };
  sandbox.store.consents.put(consent.id, consent);
  return consent;
}

/** The consent with the status that it has now; undefined if this bank has none of that id. */
export function findConsent(sandbox: Sandbox, bank: Bank, id: string): Consent | undefined {
  const consent = sandbox.store.consents.get(id);
  if (consent === undefined || consent.bank !== bank.slug) return undefined;
  return { ...consent, status: statusAt(consent, sandbox.clock.now(), bank.timeZone) };
}

export function addAuthorisation(
  sandbox: Sandbox,
  consent: Consent,
  returnTo: ReturnAddresses,
): Authorisation {
  const authorisation: Authorisation = {
    id: newUuid(),
    consentId: consent.id,
    bank: consent.bank,
    scaStatus: 'received',
    returnTo,
  };
  sandbox.store.authorisations.put(authorisation.id, authorisation);
  sandbox.store.consents.put(consent.id, {
    ...consent,
    authorisationIds: [...consent.authorisationIds, authorisation.id],
  });
  return authorisation;
}

export function setScaStatus(sandbox: Sandbox, authorisationId: string, scaStatus: ScaStatus): void {
  const authorisation = sandbox.store.authorisations.get(authorisationId);
  if (authorisation === undefined) return;
  sandbox.store.authorisations.put(authorisationId, { ...authorisation, scaStatus });
}

/** The accounts of this customer that the consent may give access to. */
export function accountsInReach(
  sandbox: Sandbox,
  bank: Bank,
  consent: Consent,
  persona: Persona,
): readonly Account[] {
  return accountsOf(sandbox.seed, bank, persona).filter((account) => mayCover(account, consent.access));
}

/**
 * The PSU has authorised. A former recurring consent that he gave the same TPP expires with that (side
 * effect of POST /consents in the standard).
 */
export function authoriseConsent(sandbox: Sandbox, consent: Consent, by: Omit<AuthorisedBy, 'at'>): void {
  if (consent.recurring) {
    for (const former of sandbox.store.consents.values()) {
      if (isReplacedBy(former, consent, by)) changeStatus(sandbox, former, 'expired');
    }
  }
  const authorised = { ...by, at: sandbox.clock.now().toISOString() };
  changeStatus(sandbox, { ...consent, authorised }, 'valid');
}

export function changeStatus(sandbox: Sandbox, consent: Consent, status: ConsentStatus): void {
  const lastActionAt = sandbox.clock.now().toISOString();
  sandbox.store.consents.put(consent.id, { ...consent, status, lastActionAt });
}

function isReplacedBy(former: Consent, newer: Consent, by: Omit<AuthorisedBy, 'at'>): boolean {
  return (
    former.id !== newer.id &&
    former.bank === newer.bank &&
    former.recurring &&
    former.status === 'valid' &&
    former.authorised?.userName === by.userName &&
    former.authorised.tpp === by.tpp
  );
}

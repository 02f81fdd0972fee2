import type { Bank } from '../bank.ts';
import { newUuid } from '../ids.ts';
import { type Account, accountsOf } from '../personas/account.ts';
import type { Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { mayCover } from './access.ts';
import { type Authorisation, isFinal, type ScaStatus } from './authorisation.ts';
import {
  type AuthorisedBy,
  type Consent,
  type ConsentStatus,
  type ConsentTerms,
  type ReturnAddresses,
  statusAt,
} from './consent.ts';

export interface NewConsent extends ConsentTerms {
  readonly returnTo?: ReturnAddresses;
  readonly brand?: string;
  readonly userName?: string;
}

/** What is known of an authorisation when it begins. */
export type NewAuthorisation = Partial<
  Pick<Authorisation, 'returnTo' | 'userName' | 'scaStatus' | 'additionalPassword'>
>;

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

export function addAuthorisation(sandbox: Sandbox, consent: Consent, known: NewAuthorisation): Authorisation {
  const authorisation: Authorisation = {
    scaStatus: 'received',
    ...known,
    id: newUuid(),
    consentId: consent.id,
    bank: consent.bank,
    startedAt: sandbox.clock.now().toISOString(),
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

/** How a PSU authorised a consent. */
export interface Approval {
  readonly authorisation: Authorisation;
  readonly persona: Persona;
  /** Keys of the accounts that he left ticked, where he may choose; all of them where he was not asked. */
  readonly picked?: readonly string[];
  /** The OAuth client; else the TPP is known by where it will have the PSU back. */
  readonly clientId?: string;
  readonly scaStatus?: 'finalised' | 'exempted';
}

/** The PSU has authorised: the consent is valid, and the authorisation has reached its end. */
export function grantConsent(sandbox: Sandbox, bank: Bank, consent: Consent, approval: Approval): void {
  const { authorisation, scaStatus = 'finalised' } = approval;
  authoriseConsent(sandbox, consent, grantedBy(sandbox, bank, consent, approval));
  sandbox.store.authorisations.put(authorisation.id, { ...authorisation, scaStatus });
}

/** The PSU has authorised, and the TPP must prove that it is his browser that came back: code by its hash. */
export function awaitConfirmation(
  sandbox: Sandbox,
  bank: Bank,
  consent: Consent,
  approval: Approval,
  codeHash: string,
): void {
  const { authorisation } = approval;
  const unconfirmed = { by: grantedBy(sandbox, bank, consent, approval), codeHash };
  sandbox.store.authorisations.put(authorisation.id, {
    ...authorisation,
    scaStatus: 'unconfirmed',
    unconfirmed,
  });
}

export function confirmConsent(
  sandbox: Sandbox,
  consent: Consent,
  authorisation: Authorisation,
  by: Omit<AuthorisedBy, 'at'>,
): void {
  authoriseConsent(sandbox, consent, by);
  setScaStatus(sandbox, authorisation.id, 'finalised');
}

/** Whom the consent gives what. */
function grantedBy(
  sandbox: Sandbox,
  bank: Bank,
  consent: Consent,
  { authorisation, persona, picked, clientId }: Approval,
): Omit<AuthorisedBy, 'at'> {
  const reach = accountsInReach(sandbox, bank, consent, persona).map((account) => account.key);
  const chooses = consent.access.kind === 'bankOffered' && picked !== undefined;
  const returnTo = authorisation.returnTo ?? consent.returnTo;
  return {
    userName: persona.userName,
    tpp: clientId ?? (returnTo === undefined ? 'direct' : new URL(returnTo.redirectUri).origin),
    selected: chooses ? reach.filter((key) => picked.includes(key)) : reach,
  };
}

/** The PSU has said no, or was wrong too often. */
export function refuseConsent(sandbox: Sandbox, consent: Consent, authorisation?: Authorisation): void {
  changeStatus(sandbox, consent, 'rejected');
  const ids = authorisation === undefined ? consent.authorisationIds : [authorisation.id];
  for (const id of ids) {
    const known = sandbox.store.authorisations.get(id);
    if (known !== undefined && !isFinal(known)) setScaStatus(sandbox, id, 'failed');
  }
}

/**
 * The PSU has authorised. A former recurring consent that he gave the same TPP expires with that (side
 * effect of POST /consents in the standard).
 */
function authoriseConsent(sandbox: Sandbox, consent: Consent, by: Omit<AuthorisedBy, 'at'>): void {
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

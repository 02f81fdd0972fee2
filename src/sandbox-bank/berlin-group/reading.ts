import { type Bank, usesOAuth, wantsCustomerToken } from '../bank.ts';
import { localDate } from '../clock.ts';
import { type Rights, rightsOn } from '../consents/access.ts';
import type { Consent, ConsentStatus } from '../consents/consent.ts';
import { derivedUuid } from '../ids.ts';
import { type Account, accountsOf } from '../personas/account.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import { headerText, pathParameter } from '../request-parts.ts';
import { findSettledConsent } from '../sca/app-approval.ts';
import { signaturePartsIn } from '../tpp/signature-parts.ts';
import { checkReadingToken, consentOfToken } from './bearer-token.ts';
import type { Call } from './operation.ts';
import { psuIsPresent } from './request-headers.ts';
import { formatError, type MessageCode, TppError } from './tpp-error.ts';

/** Which of the two resources of the standard a call reads. */
export type Kind = 'payment' | 'card';

/** What a call may see under its consent. */
export interface Reading {
  readonly consent: Consent;
  readonly persona: Persona;
  readonly accounts: readonly ReadableAccount[];
}

export interface ReadableAccount {
  /** Good under this consent only: another consent names the same account otherwise. */
  readonly resourceId: string;
  readonly account: Account;
  readonly rights: Rights;
}

/** One account that a call may read, with the accounts in single currencies that its money lies on. */
export interface ReadAccount extends Reading {
  readonly readable: ReadableAccount;
  readonly ledgers: readonly Account[];
}

/** The accounts that a call may read, after all checks; the call is counted if it is unattended. */
export function readAccounts(call: Call, kind: Kind = 'payment'): Reading {
  const reading = openReading(call, kind);
  countIfUnattended(call, reading.consent);
  return reading;
}

/**
 * The same for the account in the path of the call and one right on it. `counts` is false for a call that
 * goes on with an answer that was counted.
 */
export function readAccount(
  call: Call,
  right: keyof Rights,
  counts = true,
  kind: Kind = 'payment',
): ReadAccount {
  const reading = openReading(call, kind);
  const resourceId = pathParameter(call.request, 'accountId');
  const readable = reading.accounts.find((each) => each.resourceId === resourceId);
  if (readable === undefined) throw new TppError('RESOURCE_UNKNOWN', 'This consent covers no such account.');
  if (!readable.rights.details || !readable.rights[right]) throw notCovered();
  if (right !== 'details' && readable.account.status === 'blocked') {
    throw new TppError('RESOURCE_BLOCKED', 'This account is blocked.');
  }
  if (counts) countIfUnattended(call, reading.consent);
  return { ...reading, readable, ledgers: ledgersOf(call, reading.persona, readable.account) };
}

export function notCovered(): TppError {
  return new TppError('CONSENT_INVALID', 'The consent does not cover this.');
}

/** Where the money of an account is: on itself, or on the accounts of its currencies. */
export function ledgersOf({ sandbox, bank }: Call, persona: Persona, account: Account): readonly Account[] {
  if (account.currencyAccounts.length === 0) return [account];
  return accountsOf(sandbox.seed, bank, persona).filter(({ key }) => account.currencyAccounts.includes(key));
}

/** Checks consent, token and status of the consent, in this order. */
function openReading(call: Call, kind: Kind): Reading {
  const consent = call.bank.deviations.withoutConsents ? grantedBy(call) : namedConsent(call);
  if (consent.status !== 'valid' || consent.authorised === undefined) throw notValid(consent.status);
  const persona = findPersona(consent.authorised.userName);
  if (persona === undefined) throw notValid('rejected');
  if (persona.accountsDown) throw new TppError('SERVICE_UNAVAILABLE', 'The accounts are being maintained.');
  return {
    consent,
    persona,
    accounts: readableAccounts(call, consent, persona, consent.authorised.selected).filter(
      ({ account }) => kindOf(account, call.bank) === kind,
    ),
  };
}

/** By the token alone, which must have been given to the very application that has signed the call. */
function grantedBy(call: Call): Consent {
  const signature = signaturePartsIn(headerText(call.request, 'signature') ?? '');
  return consentOfToken(call, signature?.keyId ?? '');
}

function namedConsent(call: Call): Consent {
  const { sandbox, bank, request } = call;
  const consentId = headerText(request, 'consent-id');
  if (consentId === undefined) throw formatError('Consent-ID', 'This header is mandatory.');
  const consent = findSettledConsent(sandbox, bank, consentId);
  if (consent === undefined) {
    throw new TppError('CONSENT_UNKNOWN', 'This bank knows no such consent.', {
      status: 400,
      path: 'Consent-ID',
    });
  }
  if (usesOAuth(bank) || wantsCustomerToken(bank)) checkReadingToken(call, consent);
  return consent;
}

function readableAccounts(
  { sandbox, bank }: Call,
  consent: Consent,
  persona: Persona,
  selected: readonly string[],
) {
  const today = localDate(sandbox.clock.now(), bank.timeZone);
  return accountsOf(sandbox.seed, bank, persona).flatMap((account) => {
    const rights = rightsOn(account, consent.access, selected);
    if (rights === undefined) return [];
    const parts = [consent.id, account.key, ...(account.habits.idsChangeDaily ? [today] : [])];
    return [{ resourceId: derivedUuid(...parts), account, rights }];
  });
}

function kindOf({ number }: Account, bank: Bank): Kind {
  return bank.cardAccounts && 'maskedPan' in number ? 'card' : 'payment';
}

function notValid(status: ConsentStatus): TppError {
  const code: MessageCode = status === 'expired' ? 'CONSENT_EXPIRED' : 'CONSENT_INVALID';
  return new TppError(code, `The status of this consent is ${status}.`);
}

/** Unattended reads are counted per consent and endpoint, by the bank's own day. */
function countIfUnattended({ name, sandbox, bank, request }: Call, consent: Consent): void {
  if (psuIsPresent(request)) return;
  const day = localDate(sandbox.clock.now(), bank.timeZone);
  const resourceId = pathParameter(request, 'accountId');
  // By route and account, not by the address as it was written: that can be written in many ways.
  const key = [consent.id, name, resourceId].join(' ');
  const counter = sandbox.store.usage.get(key);
  const calls = counter?.day === day ? counter.calls : 0;
  if (calls >= consent.frequencyPerDay) {
    throw new TppError('ACCESS_EXCEEDED', `No more than ${consent.frequencyPerDay} unattended calls a day.`);
  }
  sandbox.store.usage.put(key, {
    consentId: consent.id,
    route: name,
    ...(resourceId !== '' && { resourceId }),
    day,
    calls: calls + 1,
  });
}

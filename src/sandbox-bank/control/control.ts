import { findBank } from '../banks.ts';
import { localDate } from '../clock.ts';
import type { Authorisation, ScaStatus } from '../consents/authorisation.ts';
import { type Consent, type ConsentStatus, statusAt } from '../consents/consent.ts';
import { changeStatus } from '../consents/consent-service.ts';
import { newUuid } from '../ids.ts';
import { type AccountNumber, accountsOf } from '../personas/account.ts';
import { findPersona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { type AppDecision, answerInApp } from '../sca/app-approval.ts';
import { codeOf } from '../sca/one-time-code.ts';
import type { UsageCounter } from '../store.ts';
import type { FaultRule, RouteName } from './faults.ts';
import type { RequestRecord } from './request-records.ts';

/** Without a bank, for all of them; without a route, for each. */
export type NewFault = Pick<FaultRule, 'fault'> & Partial<Omit<FaultRule, 'id' | 'fault'>>;

export type ClockMove = { readonly now: Date } | { readonly advanceSeconds: number };

export interface ConsentSummary {
  readonly id: string;
  readonly bank: string;
  readonly status: ConsentStatus;
  readonly recurring: boolean;
  readonly validUntil: string;
  readonly createdAt: string;
  /** User name of the persona that authorised it. */
  readonly userName?: string;
  readonly unattended: UnattendedReads;
}

/** What the TPP read today without the PSU. */
export interface UnattendedReads {
  /** The bank's day, which the counts are for. */
  readonly day: string;
  /** How often each endpoint may be read a day. */
  readonly limit: number;
  /** Each endpoint that was read, with the account's resource id where it is of one. */
  readonly reads: readonly {
    readonly route: RouteName;
    readonly resourceId?: string;
    readonly calls: number;
  }[];
}

export type AccountSummary = AccountNumber & { readonly name: string; readonly currency: string };

/** An authorisation, with what only the PSU knows of it. */
export interface AuthorisationSummary {
  readonly id: string;
  readonly bank: string;
  readonly consentId: string;
  readonly scaStatus: ScaStatus;
  readonly startedAt: string;
  readonly userName?: string;
  readonly method?: string;
  /** The code that authorises, where one is awaited. */
  readonly code?: string;
}

/** What a test may do to the banks from outside; the same by HTTP, see control-routes.ts. */
export interface Control {
  /** Sets a fault; see control/faults.ts for what each one does. */
  addFault(fault: NewFault): FaultRule;
  faults(): readonly FaultRule[];
  clearFaults(): void;
  now(): Date;
  /** Moves the banks' clock: nothing else moves, and it stays moved over restarts. */
  moveClock(move: ClockMove): Date;
  consents(): readonly ConsentSummary[];
  /** Gives a consent another status, as the PSU or the bank might. False if there is no such consent. */
  setConsentStatus(consentId: string, status: ConsentStatus): boolean;
  /** The accounts of a customer at a bank: whoever tests a consent that names accounts must know their numbers. */
  accounts(bank: string, userName: string): readonly AccountSummary[];
  authorisations(): readonly AuthorisationSummary[];
  /** Answers a request in the bank's app, as the PSU might. False if it waits for no answer. */
  answerInApp(authorisationId: string, decision: AppDecision): boolean;
  /** The newest calls that the banks' routes received, oldest first. */
  requests(): readonly RequestRecord[];
  clearRequests(): void;
}

export function createControl(sandbox: Sandbox): Control {
  const { clock, faults, requests, store } = sandbox;
  return {
    addFault(fault) {
      const rule: FaultRule = { bank: 'any', route: 'any', ...fault, id: newUuid() };
      faults.add(rule);
      return rule;
    },
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    now: () => clock.now(),
    moveClock(move) {
      if ('now' in move) clock.moveTo(move.now);
      else clock.advance(move.advanceSeconds);
      return clock.now();
    },
    consents() {
      const counters = Map.groupBy(store.usage.values(), ({ consentId }) => consentId);
      return [...store.consents.values()].map((consent) =>
        summaryOf(sandbox, consent, counters.get(consent.id) ?? []),
      );
    },
    setConsentStatus(consentId, status) {
      const consent = store.consents.get(consentId);
      if (consent !== undefined) changeStatus(sandbox, consent, status);
      return consent !== undefined;
    },
    accounts: (slug, userName) => accountSummaries(sandbox, slug, userName),
    authorisations: () => [...store.authorisations.values()].map(authorisationSummary),
    answerInApp: (authorisationId, decision) => answerInApp(sandbox, authorisationId, decision),
    requests: () => requests.list(),
    clearRequests: () => requests.clear(),
  };
}

function summaryOf({ clock }: Sandbox, consent: Consent, counters: readonly UsageCounter[]): ConsentSummary {
  const { id, bank, recurring, validUntil, createdAt, authorised, frequencyPerDay } = consent;
  const timeZone = findBank(bank)?.timeZone ?? 'UTC';
  const day = localDate(clock.now(), timeZone);
  const reads = counters
    .filter((counter) => counter.day === day)
    .map(({ consentId: _, day: __, ...read }) => read);
  return {
    id,
    bank,
    status: statusAt(consent, clock.now(), timeZone),
    recurring,
    validUntil,
    createdAt,
    ...(authorised && { userName: authorised.userName }),
    unattended: { day, limit: frequencyPerDay, reads },
  };
}

function authorisationSummary(authorisation: Authorisation): AuthorisationSummary {
  const { id, bank, consentId, scaStatus, startedAt, userName, method } = authorisation;
  return {
    id,
    bank,
    consentId,
    scaStatus,
    startedAt,
    ...(userName !== undefined && { userName }),
    ...(method !== undefined && { method }),
    ...(scaStatus === 'scaMethodSelected' && { code: codeOf(id) }),
  };
}

function accountSummaries({ seed }: Sandbox, slug: string, userName: string): readonly AccountSummary[] {
  const bank = findBank(slug);
  const persona = findPersona(userName);
  if (bank === undefined || persona === undefined) return [];
  return accountsOf(seed, bank, persona).map(({ number, name, currency }) => ({ ...number, name, currency }));
}

import { findBank } from '../banks.ts';
import { type Consent, type ConsentStatus, statusAt } from '../consents/consent.ts';
import { changeStatus } from '../consents/consent-service.ts';
import { newUuid } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { FaultRule } from './faults.ts';
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
    consents: () => [...store.consents.values()].map((consent) => summaryOf(sandbox, consent)),
    setConsentStatus(consentId, status) {
      const consent = store.consents.get(consentId);
      if (consent !== undefined) changeStatus(sandbox, consent, status);
      return consent !== undefined;
    },
    requests: () => requests.list(),
    clearRequests: () => requests.clear(),
  };
}

function summaryOf({ clock }: Sandbox, consent: Consent): ConsentSummary {
  const { id, bank, recurring, validUntil, createdAt, authorised } = consent;
  const status = statusAt(consent, clock.now(), findBank(bank)?.timeZone ?? 'UTC');
  return {
    id,
    bank,
    status,
    recurring,
    validUntil,
    createdAt,
    ...(authorised && { userName: authorised.userName }),
  };
}

import type { ClockSetting } from './clock.ts';
import type { Authorisation } from './consents/authorisation.ts';
import type { Consent } from './consents/consent.ts';
import type { FaultRule, RouteName } from './control/faults.ts';
import { type Collection, Journal } from './journal.ts';
import { limits } from './limits.ts';
import type { AuthorisationCode, Grant, Token } from './oauth/grant.ts';
import type { SignIn, Visit } from './visits/visit.ts';

/** Everything that the banks of this process remember. */
export interface Store {
  readonly consents: Collection<Consent>;
  readonly authorisations: Collection<Authorisation>;
  readonly visits: Collection<Visit>;
  readonly signIns: Collection<SignIn>;
  readonly codes: Collection<AuthorisationCode>;
  readonly grants: Collection<Grant>;
  readonly tokens: Collection<Token>;
  readonly usage: Collection<UsageCounter>;
  readonly faults: Collection<FaultRule>;
  readonly settings: Collection<ClockSetting>;
  open(): void;
  close(): void;
}

/** Unattended calls of one day, under one consent, at one endpoint. */
export interface UsageCounter {
  readonly consentId: string;
  readonly route: RouteName;
  /** Of the account, where the endpoint is of one. */
  readonly resourceId?: string;
  readonly day: string;
  readonly calls: number;
}

export function createStore(dataFile: string | undefined): Store {
  const journal = new Journal(dataFile);
  return {
    consents: journal.collection('consents', limits.maxConsents),
    authorisations: journal.collection('authorisations', limits.maxAuthorisations),
    visits: journal.collection('visits', limits.maxVisits),
    signIns: journal.collection('signIns', limits.maxSignIns),
    codes: journal.collection('codes', limits.maxCodes),
    grants: journal.collection('grants', limits.maxGrants),
    tokens: journal.collection('tokens', limits.maxTokens),
    usage: journal.collection('usage', limits.maxUsageCounters),
    faults: journal.collection('faults', limits.maxFaultRules),
    settings: journal.collection('settings', 10),
    open: () => journal.open(),
    close: () => journal.close(),
  };
}

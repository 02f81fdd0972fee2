import type { Collection } from '../journal.ts';

/** The operations that a fault can be set on; each route of the banks names its own. */
export const routeNames = [
  'createConsent',
  'getConsent',
  'consentStatus',
  'deleteConsent',
  'startAuthorisation',
  'listAuthorisations',
  'scaStatus',
  'updatePsuData',
  'updateConsent',
  'preAuthorisation',
  'passwordCertificate',
  'accounts',
  'account',
  'balances',
  'transactions',
  'transaction',
  'cardAccounts',
  'cardAccount',
  'cardBalances',
  'cardTransactions',
  'metadata',
  'authorize',
  'token',
  'authorisationUrl',
  'revokeToken',
] as const;
export type RouteName = (typeof routeNames)[number];

/**
 * Where a fault strikes. `instead`: nothing is done, the fault is the answer. `afterwards`: the bank does its
 * work and spoils the answer. `callback`: the bank sends the PSU back wrongly. `signIn`: the same, arranged
 * when the PSU signs in. The last two are set on route `authorize`.
 */
export type FaultStage = 'instead' | 'afterwards' | 'callback' | 'signIn';

export const faultStages = {
  'status-500': 'instead',
  'status-503': 'instead',
  'status-429': 'instead',
  'html-500': 'instead',
  'html-503': 'instead',
  'html-200': 'instead',
  'invalid-grant': 'instead',
  'foreign-redirect': 'instead',
  'no-answer': 'instead',
  'connection-reset': 'instead',
  slow: 'afterwards',
  'malformed-json': 'afterwards',
  'wrong-content-type': 'afterwards',
  'slow-drip': 'afterwards',
  'reset-mid-body': 'afterwards',
  'lost-answer': 'afterwards',
  'wrong-iss': 'callback',
  'missing-iss': 'callback',
  'wrong-state': 'callback',
  'missing-state': 'callback',
  'wrong-code': 'callback',
  'duplicate-callback': 'signIn',
} as const satisfies Record<string, FaultStage>;
export type FaultName = keyof typeof faultStages;

export interface FaultRule {
  readonly id: string;
  /** Slug of one bank, or all of them. */
  readonly bank: string;
  readonly route: RouteName | 'any';
  readonly fault: FaultName;
  /** How often it still strikes; without it, until it is cleared. */
  readonly times?: number;
  /** For the status and HTML faults: the header Retry-After. Without it, no such header. */
  readonly retryAfterSeconds?: number;
  /** For `slow`: before the answer. For `slow-drip`: between two bytes. */
  readonly delayMs?: number;
}

/** The faults that are set. The oldest that fits strikes, one for each stage of a request. */
export class Faults {
  readonly #rules: Collection<FaultRule>;

  constructor(rules: Collection<FaultRule>) {
    this.#rules = rules;
  }

  add(rule: FaultRule): void {
    this.#rules.put(rule.id, rule);
  }

  clear(): void {
    this.#rules.clear();
  }

  list(): readonly FaultRule[] {
    return [...this.#rules.values()];
  }

  /** The fault that strikes here, counted as having struck. */
  take(bank: string, route: RouteName, stage: FaultStage): FaultRule | undefined {
    const rule = this.list().find((each) => fits(each, bank, route, stage));
    if (rule?.times === undefined) return rule;
    if (rule.times > 1) this.#rules.put(rule.id, { ...rule, times: rule.times - 1 });
    else this.#rules.delete(rule.id);
    return rule;
  }
}

function fits(rule: FaultRule, bank: string, route: RouteName, stage: FaultStage): boolean {
  const here = rule.bank === 'any' || rule.bank === bank;
  return here && (rule.route === 'any' || rule.route === route) && faultStages[rule.fault] === stage;
}

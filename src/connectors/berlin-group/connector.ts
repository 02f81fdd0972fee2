import type { Bank } from '../../banking/bank.ts';
import type { Connector } from '../../banking/connector.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Clock } from '../../core/clock.ts';
import type { Identity } from '../../platform/outbound/identity.ts';
import type { Outbound } from '../../platform/outbound/outbound.ts';
import { abandon } from './abandon.ts';
import { readAccounts } from './accounts.ts';
import { attemptOf, resourceOf } from './attempt.ts';
import { begin } from './authorize.ts';
import { readBalances } from './balances.ts';
import { type Connection, defaultLimits, type Limits } from './client.ts';
import { endConsent, readStatus } from './consent.ts';
import { ConsentedClient } from './consented-client.ts';
import { callBudgetOf } from './counted-read.ts';
import { type Profile, profileOf } from './profiles.ts';
import { remappingOf } from './remap.ts';
import { resume } from './resume.ts';
import { identityFor } from './signature-profile.ts';
import { beginForTokens, revokeTokens, statusOfTokens } from './token-consent.ts';
import { readTransactions } from './transactions.ts';

export interface BerlinGroupDeps {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly tpp: {
    /** The organisation identifier of the operator's eIDAS certificate, e.g. `PSDDE-BAFIN-000000`. */
    readonly clientId: string;
    readonly brandName?: string;
  };
  /** The operator's sets of certificates by name; `default` for banks whose profile names none. */
  readonly identities?: ReadonlyMap<string, Identity>;
  readonly limits?: Partial<Limits>;
}

/** NextGenPSD2 XS2A 1.3.x, account information, by all its ways of authorising. */
export function berlinGroupConnector(deps: BerlinGroupDeps): Connector {
  const to = (bank: Bank) => connectionTo(bank, deps);
  return {
    protocol: 'berlin-group',
    capabilities: { permissions: ['identity', 'balances', 'transactions'] },
    checkProfile: (bank) => void profileOf(bank),
    maxConsentDays: (bank) => usableProfile(bank).maxConsentDays,
    callBudget: (bank) => callBudgetOf(usableProfile(bank), deps.clock),
    begin: async (bank, request) => {
      const connection = to(bank);
      return connection.profile.consent === 'none'
        ? beginForTokens(connection, request)
        : begin(connection, request);
    },
    resume: async (bank, attempt, input) => resume(to(bank), attemptOf(attempt), input),
    accounts: async (bank, access, permissions) => readAccounts(to(bank), bank, access, permissions),
    balances: async (bank, access, account) => readBalances(to(bank), access, account),
    async *transactions(bank, access, account, asked) {
      yield* readTransactions(to(bank), access, account, asked);
    },
    remap: (bank) => remappingOf(bank, usableProfile(bank)),
    status: async (bank, access) => {
      const connection = to(bank);
      const client = new ConsentedClient(connection, access);
      if (connection.profile.consent === 'none') return statusOfTokens(connection, access, client);
      return readStatus(connection, resourceOf(client.credentials).statusUrl, client.aboutConsent);
    },
    revoke: async (bank, access) => {
      const connection = to(bank);
      if (connection.profile.consent === 'none') return revokeTokens(connection, access);
      const client = new ConsentedClient(connection, access);
      await endConsent(connection, resourceOf(client.credentials).consentUrl, client.aboutConsent);
    },
    abandon: async (bank, attempt) => abandon(to(bank), attemptOf(attempt)),
  };
}

const nobody: ReadonlyMap<string, Identity> = new Map();

function connectionTo(bank: Bank, deps: BerlinGroupDeps): Connection {
  const profile = usableProfile(bank);
  const identity = identityFor(profile, deps.identities ?? nobody, deps.clock.now());
  return {
    profile,
    outbound: deps.outbound,
    clock: deps.clock,
    limits: { ...defaultLimits, ...deps.limits },
    ...deps.tpp,
    ...(identity?.clientId !== undefined && { clientId: identity.clientId }),
    ...(profile.clientId !== undefined && { clientId: profile.clientId }),
    ...(identity && { identity }),
  };
}

function usableProfile(bank: Bank): Profile {
  try {
    return profileOf(bank);
  } catch (cause) {
    throw new BankFailure('operator-fault', 'the profile of the bank cannot be used', { cause });
  }
}

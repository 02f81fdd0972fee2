import type { Bank } from '../../src/banking/bank.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { type SandboxBank, startSandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import { bankRow } from '../support/berlin-group-row.ts';
import { TestClock } from '../support/test-clock.ts';
import { actAs, visitBank } from './berlin-group-people.ts';
import type { Approach, Fault, ForgedReturn, Operation, Person, SandboxFace } from './sandbox-face.ts';

type NewFault = Parameters<SandboxBank['control']['addFault']>[0];

const slugs: Readonly<Record<Approach, string>> = {
  'oauth-redirect': 'trellis-test-bank',
  'plain-redirect': 'trellis-redirect-bank',
  'oauth-prestep': 'trellis-prestep-bank',
  decoupled: 'trellis-decoupled-bank',
  embedded: 'trellis-embedded-bank',
};

const scaOf: Readonly<Record<Approach, string>> = {
  'oauth-redirect': 'oauth-integrated',
  'plain-redirect': 'redirect',
  'oauth-prestep': 'oauth-prestep',
  decoupled: 'decoupled',
  embedded: 'embedded',
};

export const userNames: Readonly<Record<Person, string>> = {
  'one account': 'ada',
  'many accounts': 'many',
  'several holders': 'joint',
  'no owner name': 'noname',
  'no accounts': 'noaccounts',
  'a blocked account': 'blocked',
  'hostile texts': 'hostile',
  'repeated rows': 'repeats',
  'pending rows': 'pending',
  declines: 'cancel',
};

const routes: Readonly<Record<Operation, NonNullable<NewFault['route']>>> = {
  begin: 'createConsent',
  'begin: metadata': 'metadata',
  'resume: token': 'token',
  resume: 'consentStatus',
  accounts: 'accounts',
  balances: 'balances',
  transactions: 'transactions',
  status: 'consentStatus',
  revoke: 'deleteConsent',
};

export const faults: Readonly<Record<Fault, NewFault['fault']>> = {
  'server error': 'status-500',
  unavailable: 'status-503',
  'too many calls': 'status-429',
  'error page': 'html-503',
  'page instead of data': 'html-200',
  'redirect elsewhere': 'foreign-redirect',
  malformed: 'malformed-json',
  'wrong content type': 'wrong-content-type',
  'no answer': 'no-answer',
  reset: 'connection-reset',
  'reset in the answer': 'reset-mid-body',
  drip: 'slow-drip',
  'answer lost': 'lost-answer',
};

export const forgeries: Readonly<Record<ForgedReturn, NewFault['fault']>> = {
  'wrong issuer': 'wrong-iss',
  'missing issuer': 'missing-iss',
  'wrong state': 'wrong-state',
  'missing state': 'missing-state',
  'wrong code': 'wrong-code',
};

export interface BerlinGroupFace extends SandboxFace {
  readonly origin: string;
  readonly control: SandboxBank['control'];
  /** A bank of the sandbox that deviates, by its name in addresses, with what its profile says of it. */
  deviant(slug: string, profile: object): Bank;
}

/** The sandbox bank's Berlin Group face. */
export async function openBerlinGroupFace(): Promise<BerlinGroupFace> {
  const clock = new TestClock();
  const sandbox = await startSandboxBank({ host: '127.0.0.1', port: 0, now: () => clock.now() });
  const { control } = sandbox;
  const outbound = createOutbound({ allowedOrigins: [sandbox.url], loopbackHttp: false, forbiddenPorts: [] });
  const tpp = { clientId: 'PSDDE-BAFIN-000000', brandName: 'Trellis' };
  const patience = { statusPollEveryMs: 20, statusPollForMs: 200, pageRetryAfterMs: 1 };
  const connectorWith = (limits: object) =>
    berlinGroupConnector({ outbound, clock, tpp, limits: { ...patience, ...limits } });
  return {
    connector: connectorWith({}),
    impatient: connectorWith({
      timeoutMs: 300,
      cleanUpTimeoutMs: 300,
      reportTimeoutMs: 300,
      streamedReportTimeoutMs: 300,
    }),
    narrow: connectorWith({ maxBodyBytes: 100, maxReportBytes: 100 }),
    bank: (approach) => bankOf(sandbox.url, slugs[approach], approach),
    origin: sandbox.url,
    control,
    deviant: (slug, { ...more }) => {
      const row = bankOf(sandbox.url, slug, 'oauth-redirect');
      return { ...row, profile: { ...(row.profile as object), ...more } };
    },
    offlineBank: bankOf(sandbox.url, 'trellis-offline-bank', 'oauth-redirect'),
    visit: (url, person) => visitBank(url, userNames[person]),
    act: (step, person, { psu }) => actAs(sandbox, userNames[person], step, psu),
    setFault: (approach, operation, fault, retryAfterSeconds) => {
      const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      control.addFault({ bank: slugs[approach], route: routes[operation], fault: faults[fault], ...retry });
    },
    forgeReturn: (approach, forged) => {
      control.addFault({ bank: slugs[approach], route: 'authorize', fault: forgeries[forged], times: 1 });
    },
    clearFaults: () => control.clearFaults(),
    consents: () =>
      control
        .consents()
        .map(({ id, status }) => ({ id, living: status === 'received' || status === 'valid' })),
    endConsent: (id, how) => {
      if (!control.setConsentStatus(id, how === 'expired' ? 'expired' : 'revokedByPsu'))
        throw new Error('no such consent');
    },
    advance: (seconds) => clock.advance(seconds * 1_000),
    close: async () => {
      await outbound.close();
      await sandbox.close();
    },
  };
}

function bankOf(url: string, slug: string, approach: Approach): Bank {
  const row = bankRow({ baseUrl: `${url}/berlin-group/${slug}/v1`, sca: scaOf[approach] });
  return { ...row, id: `de-${slug}`, name: slug };
}

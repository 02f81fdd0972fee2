import type { Bank } from '../../src/banking/bank.ts';
import type { Connector } from '../../src/banking/connector.ts';
import { sandboxIdentityOf } from '../../src/commands/sandbox-certificates.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { sandboxBanks, sandboxIdentity } from '../../src/institutions/sandbox-banks.ts';
import type { Identity } from '../../src/platform/outbound/identity.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { type SandboxBank, startSandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import {
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { TestClock } from '../support/test-clock.ts';
import { faults, forgeries, userNames } from './berlin-group-face.ts';
import { actAs, visitBank } from './berlin-group-people.ts';
import type { Operation, SandboxFace } from './sandbox-face.ts';

const slug = 'trellis-token-bank';

type RouteName = NonNullable<Parameters<SandboxBank['control']['addFault']>[0]['route']>;

/** Of a consent there is nothing at the bank but its tokens: what is asked of one is asked of them. */
const routes: Readonly<Record<Operation, RouteName>> = {
  begin: 'token',
  'begin: metadata': 'authorisationUrl',
  'resume: token': 'token',
  resume: 'token',
  accounts: 'accounts',
  balances: 'balances',
  transactions: 'transactions',
  status: 'token',
  revoke: 'revokeToken',
};

export interface TokenBankFace extends SandboxFace {
  readonly sandbox: SandboxBank;
  readonly certificates: SandboxCertificates;
  readonly clock: TestClock;
  /** The bank's row, with changes of its profile. */
  row(changes?: object): Bank;
  /** As somebody else than the one whom the bank knows. */
  connectorAs(who: Partial<Identity>): Connector;
}

/** The sandbox's bank without consents, with all that it demands of who connects. */
export async function openTokenBankFace(): Promise<TokenBankFace> {
  const clock = new TestClock();
  const now = () => clock.now();
  const certificates = await renewedCertificates({}, now());
  const sandbox = await startSandboxBank({ host: '127.0.0.1', port: 0, now, tls: { port: 0, certificates } });
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [] });
  const identity = sandboxIdentityOf(sandboxIdentity, certificates);
  const connectorWith = (limits: object, who: Partial<Identity> = {}) =>
    berlinGroupConnector({
      outbound,
      clock,
      tpp: { clientId: 'PSDDE-BAFIN-000000' },
      identities: new Map([[sandboxIdentity, { ...identity, ...who }]]),
      limits: { pageRetryAfterMs: 1, ...limits },
    });
  const rows = sandboxBanks(sandbox.url, sandbox.tlsUrl);
  const row = (id: string): Bank => {
    const found = rows.find((each) => each.id === id);
    if (found === undefined) throw new Error(`no bank ${id}`);
    return found as Bank;
  };
  const known = new Map<string, string>();
  const noting = (connector: Connector) => notingConsents(connector, sandbox, known);
  return {
    sandbox,
    certificates,
    clock,
    connector: noting(connectorWith({})),
    impatient: noting(connectorWith({ timeoutMs: 300, cleanUpTimeoutMs: 300, reportTimeoutMs: 300 })),
    narrow: noting(connectorWith({ maxBodyBytes: 100, maxReportBytes: 100 })),
    connectorAs: (who) => connectorWith({}, who),
    bank: () => row(`de-${slug}`),
    row: (changes = {}) => {
      const bank = row(`de-${slug}`);
      return { ...bank, profile: { ...(bank.profile as object), ...changes } };
    },
    offlineBank: row('de-trellis-offline-bank'),
    visit: (url, person) => visitBank(url, userNames[person]),
    act: (step, person, { psu }) => actAs(sandbox, userNames[person], step, psu),
    setFault: (_approach, operation, fault, retryAfterSeconds) => {
      const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      sandbox.control.addFault({ bank: slug, route: routes[operation], fault: faults[fault], ...retry });
    },
    forgeReturn: (_approach, forged) => {
      sandbox.control.addFault({ bank: slug, route: 'authorize', fault: forgeries[forged], times: 1 });
    },
    clearFaults: () => sandbox.control.clearFaults(),
    consents: () =>
      sandbox.control
        .consents()
        .map(({ id, status }) => ({ id: known.get(id) ?? id, living: status === 'valid' })),
    endConsent: (id, how) => {
      const [granting] = [...known].find(([, ours]) => ours === id) ?? [];
      if (!sandbox.control.setConsentStatus(granting ?? '', how === 'expired' ? 'expired' : 'revokedByPsu'))
        throw new Error('no such consent');
    },
    advance: (seconds) => clock.advance(seconds * 1_000),
    close: async () => {
      await outbound.close();
      await sandbox.close();
    },
  };
}

/** Our ids are our own here. What the bank keeps to itself of each is the newest that has come into force. */
function notingConsents(
  connector: Connector,
  { control }: SandboxBank,
  known: Map<string, string>,
): Connector {
  return {
    ...connector,
    resume: async (...input) => {
      const step = await connector.resume(...input);
      const newest = control.consents().findLast(({ id, status }) => status === 'valid' && !known.has(id));
      if (step.kind === 'authorised' && newest !== undefined)
        known.set(newest.id, step.consent.bankConsentId);
      return step;
    },
  };
}

import pino from 'pino';
import { BankDataService } from '../../src/bank-data/bank-data-service.ts';
import type { Bank } from '../../src/banking/bank.ts';
import type { Connector } from '../../src/banking/connector.ts';
import { settledPort } from '../../src/commands/ports.ts';
import { ConsentService } from '../../src/consents/consent-service.ts';
import { ConsentStore } from '../../src/consents/consent-store.ts';
import type { Secret } from '../../src/core/secret.ts';
import { CustomerService } from '../../src/customers/customer-service.ts';
import type { FlowDeps } from '../../src/flow/flow.ts';
import { flowEntryPath } from '../../src/flow/flow-entry.ts';
import { flowJobs } from '../../src/flow/flow-jobs.ts';
import { flowRoutes } from '../../src/flow/flow-routes.ts';
import { InstitutionService } from '../../src/institutions/institution-service.ts';
import { MerchantService } from '../../src/merchants/merchant-service.ts';
import { Vault } from '../../src/platform/crypto/vault.ts';
import { createHttpServer } from '../../src/platform/http/server.ts';
import { Idempotency } from '../../src/platform/idempotency/idempotency.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { dbOf } from '../../src/platform/postgres/pool.ts';
import { RefreshStore } from '../../src/sessions/refresh-store.ts';
import { SessionService } from '../../src/sessions/session-service.ts';
import { SessionStore } from '../../src/sessions/session-store.ts';
import { WebhookService } from '../../src/webhooks/webhook-service.ts';
import type { TestApp } from '../support/app.ts';

/** A bank whose answers a test writes. What a test leaves out fails when it is called. */
export type Script = Partial<Connector>;

export interface ScriptedFlow {
  readonly url: string;
  /** Set before each test. */
  script: Script;
  readonly jobs: ReturnType<typeof flowJobs>;
  /** Everything that was logged, as it would be printed. */
  readonly logged: () => string;
  close(): Promise<void>;
}

export const scriptedBank: Bank = {
  id: 'de-scripted',
  name: 'Scripted Bank',
  markets: ['DE'],
  currencies: ['EUR'],
  protocol: 'scripted',
  test: true,
  aliases: [],
  bankCodes: [],
  profile: null,
};

/** The flow on the database of a running app, at an address of its own, with one bank that does as told. */
export async function startScriptedFlow(
  app: TestApp,
  masterKeys: readonly [Secret, ...Secret[]],
): Promise<ScriptedFlow> {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const url = `http://localhost:${await settledPort(0)}`;
  const flow: { script: Script } = { script: {} };
  const deps = depsOf(app, new Vault(masterKeys), logger, url, scriptedConnector(flow));
  const server = await createHttpServer({ logger, errorDocsUrl: url, trustedProxies: ['127.0.0.1', '::1'] });
  await flowRoutes(server, deps);
  await server.listen({ host: 'localhost', port: Number(new URL(url).port) });
  return Object.assign(flow, {
    url,
    jobs: flowJobs(deps),
    logged: () => lines.join(''),
    close: () => server.close(),
  });
}

function scriptedConnector(flow: { script: Script }): Connector {
  const unscripted = () => Promise.reject(new Error('this call is not in the script'));
  const nothing = () => {
    throw new Error('this call is not in the script');
  };
  return {
    protocol: 'scripted',
    capabilities: { permissions: ['identity'] },
    checkProfile: () => undefined,
    maxConsentDays: () => 180,
    callBudget: () => ({ limit: 4, day: '2027-03-01', resetsAt: new Date('2027-03-02') }),
    begin: (...call) => (flow.script.begin ?? unscripted)(...call),
    resume: (...call) => (flow.script.resume ?? unscripted)(...call),
    accounts: (...call) => (flow.script.accounts ?? unscripted)(...call),
    balances: (...call) => (flow.script.balances ?? unscripted)(...call),
    transactions: (...call) => (flow.script.transactions ?? nothing)(...call),
    status: (...call) => (flow.script.status ?? unscripted)(...call),
    remap: () => {
      throw new Error('nothing is mapped again in these journeys');
    },
    revoke: (...call) => (flow.script.revoke ?? unscripted)(...call),
    abandon: (...call) => (flow.script.abandon ?? unscripted)(...call),
  };
}

function depsOf(
  { pool, clock }: TestApp,
  vault: Vault,
  logger: pino.Logger,
  publicUrl: string,
  connector: Connector,
): FlowDeps {
  const db = dbOf(pool);
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  const merchants = new MerchantService({ db, vault, clock });
  const institutions = new InstitutionService([scriptedBank], new Map([['scripted', connector]]));
  const consents = new ConsentService({
    db,
    pool,
    logger,
    store: new ConsentStore(vault),
    clock,
    institutions,
  });
  const sessions = new SessionService({
    db,
    refreshes: new RefreshStore(vault),
    store: new SessionStore(vault),
    clock,
    institutions,
    consents,
    customers: new CustomerService({ db, vault, clock, merchants }),
    bankData: new BankDataService({ pool, vault, clock, logger, institutions, merchants }),
    webhooks: new WebhookService({ pool, vault, clock, logger, outbound }),
    idempotency: new Idempotency({ pool, vault, clock, describeError: () => ({}) }),
    redirectUrlFor: flowEntryPath,
  });
  return {
    pool,
    vault,
    clock,
    logger,
    sessions,
    merchants,
    institutions,
    consents,
    publicUrl,
    operatorName: 'Trellis',
  };
}

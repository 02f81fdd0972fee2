import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { BankDataService } from './bank-data/bank-data-service.ts';
import { BankDataStore } from './bank-data/bank-data-store.ts';
import type { Bank } from './banking/bank.ts';
import type { Connectors } from './banking/connector.ts';
import { berlinGroupConnector } from './connectors/berlin-group/connector.ts';
import { consentJobs } from './consents/consent-jobs.ts';
import { ConsentService } from './consents/consent-service.ts';
import { ConsentStore } from './consents/consent-store.ts';
import type { Clock } from './core/clock.ts';
import type { Secret } from './core/secret.ts';
import { CustomerService } from './customers/customer-service.ts';
import { flowEntryPath } from './flow/flow-entry.ts';
import { flowJobs } from './flow/flow-jobs.ts';
import { flowRoutes } from './flow/flow-routes.ts';
import { InstitutionService } from './institutions/institution-service.ts';
import { sandboxMerchantId } from './merchants/merchant.ts';
import { merchantRoutes } from './merchants/merchant-routes.ts';
import { MerchantService } from './merchants/merchant-service.ts';
import { Vault } from './platform/crypto/vault.ts';
import { requirePrincipal } from './platform/http/authenticator.ts';
import { docsRoutes } from './platform/http/docs-routes.ts';
import { drainOf } from './platform/http/drain.ts';
import { errorBody } from './platform/http/error-reply.ts';
import { healthRoutes } from './platform/http/health-routes.ts';
import { describeApi } from './platform/http/openapi.ts';
import { createHttpServer, type HttpServer } from './platform/http/server.ts';
import { Idempotency } from './platform/idempotency/idempotency.ts';
import { type JobHandler, type Sweep, startWorker, type Worker } from './platform/jobs/worker.ts';
import { createOutbound, type Outbound } from './platform/outbound/outbound.ts';
import { dbOf } from './platform/postgres/pool.ts';
import type { Logger } from './platform/telemetry/logger.ts';
import { sessionJobs } from './sessions/session-jobs.ts';
import { sessionRoutes } from './sessions/session-routes.ts';
import { SessionService } from './sessions/session-service.ts';
import { SessionStore } from './sessions/session-store.ts';
import { webhookJobs } from './webhooks/webhook-jobs.ts';
import { webhookRoutes } from './webhooks/webhook-routes.ts';
import { WebhookService } from './webhooks/webhook-service.ts';

export interface AppOptions {
  readonly publicUrl: string;
  readonly masterKeys: readonly [Secret, ...Secret[]];
  readonly banks: readonly Bank[];
  /** Origins of banks that may be reached although they are http or private: the sandbox bank's. */
  readonly bankOrigins: readonly string[];
  readonly webhookOrigins: readonly string[];
  /** Any loopback receiver may be registered: `npm start` only. */
  readonly loopbackWebhooks: boolean;
  /** Ports of our own that no webhook may reach. */
  readonly ownPorts: readonly number[];
  readonly trustedProxies: readonly string[];
  readonly requestsPerMinute: number;
  readonly workerConcurrency: number;
  readonly tppClientId: string;
  readonly operatorName: string;
  readonly version: string;
}

export interface AppResources {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface App {
  readonly server: HttpServer;
  readonly merchants: MerchantService;
  readonly webhooks: WebhookService;
  /** Takes jobs from now on, until `close`. */
  startWorker(): Promise<void>;
  /**
   * HTTP drains, the worker stops, what is in flight ends or, after some seconds, is cut. Always resolves,
   * within eight seconds; the pool is the caller's, to be closed after.
   */
  close(): Promise<void>;
}

interface Services {
  readonly vault: Vault;
  readonly merchants: MerchantService;
  readonly institutions: InstitutionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
  readonly sessionStore: SessionStore;
  readonly sessions: SessionService;
}

interface Running {
  readonly drain: () => Promise<void>;
  readonly services: Services;
  readonly worker: Worker | undefined;
  readonly outbounds: readonly Outbound[];
}

/** One after the other; together within the ten seconds that a process has to end. */
const cutOutboundAfterMs = 6_000;
const giveJobsBackAfterMs = 6_500;
const cutConnectionsAfterMs = 7_000;
const closeWithinMs = 8_000;

/** The composition root: the only place that constructs. Nothing is listening yet when it returns. */
export async function createApp(options: AppOptions, resources: AppResources): Promise<App> {
  const bankOutbound = createOutbound({
    allowedOrigins: options.bankOrigins,
    loopbackHttp: false,
    forbiddenPorts: [],
  });
  const webhookOutbound = createOutbound({
    allowedOrigins: options.webhookOrigins,
    loopbackHttp: options.loopbackWebhooks,
    forbiddenPorts: options.ownPorts,
  });
  const services = createServices(options, resources, bankOutbound, webhookOutbound);
  const server = await createServer(options, resources, services);
  const drain = drainOf(server, cutConnectionsAfterMs);
  const outbounds = [bankOutbound, webhookOutbound];
  let worker: Worker | undefined;
  return {
    server,
    merchants: services.merchants,
    webhooks: services.webhooks,
    startWorker: async () => {
      worker = await startWorkerOf(options, resources, services);
    },
    close: () => closeApp({ drain, services, worker, outbounds }, resources.logger),
  };
}

/**
 * Everything ends at once and has the same deadline, in this order: what still waits for a bank or a receiver
 * is cut, so that its job or request can end by itself; then the jobs, then the connections. Never rejects.
 */
async function closeApp({ drain, services, worker, outbounds }: Running, logger: Logger): Promise<void> {
  const cutOutbounds = () => Promise.all(outbounds.map((outbound) => outbound.close({ graceMs: 0 })));
  const cut = setTimeout(cutOutbounds, cutOutboundAfterMs);
  const steps = {
    http: drain(),
    worker: worker?.stop({ graceMs: giveJobsBackAfterMs }),
    webhooks: services.webhooks.close(),
  };
  const ended = Object.entries(steps).map(([part, step]) =>
    Promise.resolve(step).catch((err: unknown) => logger.error({ err, part }, 'did not close cleanly')),
  );
  const tooLate = new AbortController();
  const limit = delay(closeWithinMs, 'late', { signal: tooLate.signal }).catch(() => undefined);
  if ((await Promise.race([Promise.all(ended), limit])) === 'late')
    logger.warn('closed although something still runs');
  tooLate.abort();
  clearTimeout(cut);
  await cutOutbounds();
}

function createServices(
  options: AppOptions,
  { pool, clock, logger }: AppResources,
  bankOutbound: Outbound,
  webhookOutbound: Outbound,
): Services {
  const db = dbOf(pool);
  const vault = new Vault(options.masterKeys);
  const merchants = new MerchantService({ db, vault, clock });
  const webhooks = new WebhookService({ pool, vault, clock, logger, outbound: webhookOutbound });
  const customers = new CustomerService({ db, vault, clock, merchants });
  const institutions = new InstitutionService(options.banks, connectors(options, clock, bankOutbound));
  const consents = new ConsentService({
    db,
    pool,
    logger,
    store: new ConsentStore(vault),
    clock,
    institutions,
  });
  const bankData = new BankDataService({
    db,
    store: new BankDataStore(vault),
    clock,
    institutions,
    merchants,
  });
  const describeError: ConstructorParameters<typeof Idempotency>[0]['describeError'] = (error) =>
    errorBody(error, errorDocsUrl(options));
  const idempotency = new Idempotency({ pool, vault, clock, describeError });
  const sessionStore = new SessionStore(vault);
  const redirectUrlFor = (token: string) => `${options.publicUrl}${flowEntryPath(token)}`;
  const sessions = new SessionService({
    db,
    store: sessionStore,
    clock,
    customers,
    institutions,
    consents,
    bankData,
    webhooks,
    idempotency,
    redirectUrlFor,
  });
  return {
    vault,
    merchants,
    institutions,
    consents,
    bankData,
    webhooks,
    idempotency,
    sessionStore,
    sessions,
  };
}

/** A new protocol family is a folder and one line here. */
function connectors(options: AppOptions, clock: Clock, outbound: Outbound): Connectors {
  const all = [
    berlinGroupConnector({
      outbound,
      clock,
      tpp: { clientId: options.tppClientId, brandName: options.operatorName },
    }),
  ];
  return new Map(all.map((connector) => [connector.protocol, connector]));
}

async function createServer(
  options: AppOptions,
  resources: AppResources,
  services: Services,
): Promise<HttpServer> {
  const { logger } = resources;
  const server = await createHttpServer({
    logger,
    errorDocsUrl: errorDocsUrl(options),
    trustedProxies: options.trustedProxies,
  });
  await describeApi(server, {
    title: 'Trellis',
    version: options.version,
    description: 'Data Sessions: identity and accounts from a user’s bank, by consent.',
  });
  docsRoutes(server);
  healthRoutes(server, () => services.merchants.find(sandboxMerchantId));
  await server.register(async (api) => {
    const scoped = api as HttpServer;
    requirePrincipal(scoped, services.merchants, options.requestsPerMinute);
    merchantRoutes(scoped);
    sessionRoutes(scoped, services.sessions);
    webhookRoutes(scoped, { webhooks: services.webhooks, idempotency: services.idempotency });
  });
  await server.register(async (flow) =>
    flowRoutes(flow as HttpServer, flowDeps(options, resources, services)),
  );
  return server;
}

function startWorkerOf(options: AppOptions, resources: AppResources, services: Services): Promise<Worker> {
  const { pool, logger } = resources;
  const jobs: { handlers: Record<string, JobHandler>; sweeps: Sweep[] }[] = [
    sessionJobs({ ...resources, ...services, store: services.sessionStore }),
    consentJobs(services.consents),
    webhookJobs(services.webhooks),
    flowJobs(flowDeps(options, resources, services)),
    {
      handlers: {},
      sweeps: [{ name: 'idempotency', everyMs: 600_000, run: () => services.idempotency.sweep() }],
    },
  ];
  return startWorker({
    pool,
    logger,
    handlers: Object.assign({}, ...jobs.map(({ handlers }) => handlers)),
    sweeps: jobs.flatMap(({ sweeps }) => sweeps),
    concurrency: options.workerConcurrency,
  });
}

function flowDeps(options: AppOptions, resources: AppResources, services: Services) {
  const { publicUrl, operatorName } = options;
  return { ...resources, ...services, publicUrl, operatorName };
}

function errorDocsUrl(options: AppOptions): string {
  return `${options.publicUrl}/docs/errors`;
}

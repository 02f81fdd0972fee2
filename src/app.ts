import type pg from 'pg';
import { closeTogether, cutConnectionsAfterMs, giveJobsBackAfterMs } from './app/closing.ts';
import { BankDataService } from './bank-data/bank-data-service.ts';
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
import type { JobHandler, Sweep, Worker } from './platform/jobs/worker.ts';
import { createOutbound, type Outbound } from './platform/outbound/outbound.ts';
import { dbOf } from './platform/postgres/pool.ts';
import type { Logger } from './platform/telemetry/logger.ts';
import { dataRoutes } from './sessions/data-routes.ts';
import { SessionDataService } from './sessions/data-service.ts';
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
  /** Of one address at the flow's pages; absent means the flow's own limit. */
  readonly flowRequestsPerMinute?: number;
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
  let worker: Worker | undefined;
  return {
    server,
    merchants: services.merchants,
    webhooks: services.webhooks,
    startWorker: async () => {
      worker = await startWorkerOf(options, resources, services);
    },
    close: () => {
      const parts = {
        http: drain(),
        worker: worker?.stop({ graceMs: giveJobsBackAfterMs }),
        webhooks: services.webhooks.close(),
      };
      return closeTogether({ parts, outbounds: [bankOutbound, webhookOutbound], logger: resources.logger });
    },
  };
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
  const bankData = new BankDataService({ pool, vault, clock, logger, institutions, merchants });
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
    dataRoutes(scoped, { data: new SessionDataService(services), clock: resources.clock });
    webhookRoutes(scoped, { webhooks: services.webhooks, idempotency: services.idempotency });
  });
  await server.register(async (flow) =>
    flowRoutes(flow as HttpServer, flowDeps(options, resources, services)),
  );
  return server;
}

async function startWorkerOf(
  options: AppOptions,
  resources: AppResources,
  services: Services,
): Promise<Worker> {
  // Only who works loads the queue's runner.
  const { startWorker } = await import('./platform/jobs/worker.ts');
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
  const { publicUrl, operatorName, flowRequestsPerMinute } = options;
  const limit = flowRequestsPerMinute === undefined ? {} : { requestsPerMinute: flowRequestsPerMinute };
  return { ...resources, ...services, publicUrl, operatorName, ...limit };
}

function errorDocsUrl(options: AppOptions): string {
  return `${options.publicUrl}/docs/errors`;
}

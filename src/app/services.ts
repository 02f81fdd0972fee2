import type pg from 'pg';
import { BankDataService } from '../bank-data/bank-data-service.ts';
import { ConsentService } from '../consents/consent-service.ts';
import { ConsentStore } from '../consents/consent-store.ts';
import type { Clock } from '../core/clock.ts';
import type { Secret } from '../core/secret.ts';
import { CustomerService } from '../customers/customer-service.ts';
import { flowEntryPath } from '../flow/flow-entry.ts';
import { HealthService } from '../institutions/health-service.ts';
import type { Institution } from '../institutions/institution.ts';
import { InstitutionService } from '../institutions/institution-service.ts';
import { MerchantService } from '../merchants/merchant-service.ts';
import { Vault } from '../platform/crypto/vault.ts';
import { errorBody } from '../platform/http/error-reply.ts';
import { Idempotency } from '../platform/idempotency/idempotency.ts';
import type { Identity } from '../platform/outbound/identity.ts';
import type { Outbound } from '../platform/outbound/outbound.ts';
import { dbOf } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { RefreshService } from '../sessions/refresh-service.ts';
import { RefreshStore } from '../sessions/refresh-store.ts';
import { SessionConsentService } from '../sessions/session-consent-service.ts';
import { SessionRecordService } from '../sessions/session-record-service.ts';
import { SessionService } from '../sessions/session-service.ts';
import { SessionStore } from '../sessions/session-store.ts';
import { WebhookService } from '../webhooks/webhook-service.ts';
import { createConnectors } from './connectors.ts';

export interface AppOptions {
  readonly publicUrl: string;
  readonly masterKeys: readonly [Secret, ...Secret[]];
  /** Built in; those of the database come besides. */
  readonly banks: readonly Institution[];
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
  /** As whom banks are called whose profile names one of them, or none (`default`). */
  readonly identities?: ReadonlyMap<string, Identity>;
  readonly operatorName: string;
  readonly version: string;
}

export interface AppResources {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Services {
  readonly vault: Vault;
  readonly merchants: MerchantService;
  readonly bankHealth: HealthService;
  readonly institutions: InstitutionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
  readonly sessionStore: SessionStore;
  readonly refreshes: RefreshStore;
  readonly sessions: SessionService;
  readonly refreshing: RefreshService;
  readonly sessionConsents: SessionConsentService;
  readonly sessionRecords: SessionRecordService;
}

/** Each gets what it needs of those before it. */
export function createServices(
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
  const bankHealth = new HealthService({ db, logger });
  const tpp = { clientId: options.tppClientId, brandName: options.operatorName };
  const { identities = new Map<string, Identity>() } = options;
  const connectors = createConnectors({ outbound: bankOutbound, clock, tpp, identities }, bankHealth);
  const institutions = new InstitutionService(options.banks, connectors, {
    pool,
    vault,
    logger,
    health: bankHealth,
  });
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
  const refreshes = new RefreshStore(vault);
  const redirectUrlFor = (token: string) => `${options.publicUrl}${flowEntryPath(token)}`;
  const sessions = new SessionService({
    db,
    store: sessionStore,
    refreshes,
    clock,
    customers,
    institutions,
    consents,
    bankData,
    webhooks,
    idempotency,
    redirectUrlFor,
  });
  const most = {
    vault,
    merchants,
    bankHealth,
    institutions,
    consents,
    bankData,
    webhooks,
    idempotency,
    sessionStore,
    refreshes,
    sessions,
  };
  return {
    ...most,
    refreshing: new RefreshService({ pool, clock, ...most }),
    sessionConsents: new SessionConsentService({ clock, ...most }),
    sessionRecords: new SessionRecordService({ db, clock, customers, ...most }),
  };
}

/** What the flow needs, for its pages and for its jobs. */
export function flowDeps(options: AppOptions, resources: AppResources, services: Services) {
  const { publicUrl, operatorName, flowRequestsPerMinute } = options;
  const limit = flowRequestsPerMinute === undefined ? {} : { requestsPerMinute: flowRequestsPerMinute };
  return { ...resources, ...services, publicUrl, operatorName, ...limit };
}

export function errorDocsUrl(options: AppOptions): string {
  return `${options.publicUrl}/docs/errors`;
}

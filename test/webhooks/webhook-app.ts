import type pg from 'pg';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { newApiKey, printApiKey } from '../../src/merchants/api-key.ts';
import type { Environment } from '../../src/merchants/merchant.ts';
import { MerchantService } from '../../src/merchants/merchant-service.ts';
import { Vault } from '../../src/platform/crypto/vault.ts';
import { requirePrincipal } from '../../src/platform/http/authenticator.ts';
import { errorBody } from '../../src/platform/http/error-reply.ts';
import { describeApi } from '../../src/platform/http/openapi.ts';
import { createHttpServer } from '../../src/platform/http/server.ts';
import { Idempotency } from '../../src/platform/idempotency/idempotency.ts';
import { startWorker, type Worker } from '../../src/platform/jobs/worker.ts';
import { createOutbound, type Outbound } from '../../src/platform/outbound/outbound.ts';
import { createPool, dbOf, transaction } from '../../src/platform/postgres/pool.ts';
import type { Logger } from '../../src/platform/telemetry/logger.ts';
import { createLogger } from '../../src/platform/telemetry/logger.ts';
import type { NewEvent } from '../../src/webhooks/event.ts';
import { webhookJobs } from '../../src/webhooks/webhook-jobs.ts';
import { webhookRoutes } from '../../src/webhooks/webhook-routes.ts';
import { WebhookService } from '../../src/webhooks/webhook-service.ts';
import { createTestDatabase } from '../support/database.ts';
import { TestClock } from '../support/test-clock.ts';

const docsUrl = 'https://trellis.example/docs/errors';

/** Webhooks alone: their routes behind keys, on a database of their own, with no bank and no flow beside them. */
export interface WebhookApp {
  readonly url: string;
  readonly key: string;
  readonly webhooks: WebhookService;
  readonly clock: TestClock;
  readonly pool: pg.Pool;
  readonly vault: Vault;
  addMerchant(id: string, environment?: Environment): Promise<string>;
  call(path: string, body: unknown, options?: { key?: string; idempotencyKey?: string }): Promise<Answer>;
  /** Publishes in a transaction of its own, as a feature would; `shop` and sandbox unless told otherwise. */
  publish(event?: Partial<NewEvent>): Promise<void>;
  /** A worker as a process of `work` has it; whoever starts it stops it. */
  startWorker(): Promise<Worker>;
  /** Another process of the same installation, that is on the same database with the same keys. */
  anotherProcess(): WebhookService;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  readonly body: any;
}

export interface WebhookAppOptions {
  /** Ports of this machine that must not be reached. */
  readonly forbiddenPorts?: readonly number[];
  readonly loopback?: boolean;
  readonly logger?: Logger;
}

export async function startWebhookApp(options: WebhookAppOptions = {}): Promise<WebhookApp> {
  const database = await createTestDatabase();
  const pool = createPool({
    connectionString: database.connectionString,
    maxConnections: 16,
    applicationName: 'trellis-test',
    onError: () => undefined,
  });
  const clock = new TestClock();
  const vault = new Vault([new Secret(newMasterKey())]);
  const logger = options.logger ?? createLogger({ level: 'silent', readable: false });
  const outbounds: Outbound[] = [];
  const makeWebhooks = () => {
    const outbound = createOutbound({
      allowedOrigins: [],
      loopbackHttp: options.loopback ?? true,
      forbiddenPorts: options.forbiddenPorts ?? [],
    });
    outbounds.push(outbound);
    return new WebhookService({ pool, vault, clock, logger, outbound });
  };
  const webhooks = makeWebhooks();
  const merchants = new MerchantService({ db: dbOf(pool), vault, clock });
  const describeError = (error: Parameters<typeof errorBody>[0]) => errorBody(error, docsUrl);
  const idempotency = new Idempotency({ pool, vault, clock, describeError });
  const server = await createHttpServer({ logger, errorDocsUrl: docsUrl, trustedProxies: [] });
  await describeApi(server, { title: 'webhooks', version: '0', description: 'under test' });
  requirePrincipal(server, merchants, 1_000_000);
  webhookRoutes(server, { webhooks, idempotency });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const addMerchant = (id: string, environment: Environment = 'sandbox') =>
    makeMerchant(merchants, id, environment);
  const key = await addMerchant('shop');
  return {
    url,
    key,
    webhooks,
    clock,
    pool,
    vault,
    addMerchant,
    call: (path, body, more = {}) => call(url, path, body, { key, ...more }),
    publish: (event) => transaction(pool, (tx) => webhooks.publish(tx, { ...sample(clock.now()), ...event })),
    startWorker: () => startWorker({ pool, logger, ...webhookJobs(webhooks), concurrency: 4 }),
    anotherProcess: makeWebhooks,
    close: async () => {
      await server.close();
      await webhooks.close();
      await Promise.all(outbounds.map((outbound) => outbound.close()));
      await pool.end();
      await database.drop();
    },
  };
}

function sample(at: Date): NewEvent {
  return {
    merchantId: 'shop',
    environment: 'sandbox',
    type: 'data_session_completed',
    payload: { id: 'abc', referenceId: 'ref 1', status: 'complete' },
    at,
  };
}

async function makeMerchant(
  merchants: MerchantService,
  id: string,
  environment: Environment,
): Promise<string> {
  await merchants.save({
    id,
    name: id,
    country: 'DE',
    settings: { permissions: ['identity'], returnOrigins: [], appSchemes: [] },
  });
  const key = newApiKey(id, environment);
  await merchants.addKey(id, environment, key, 'test');
  return printApiKey(key);
}

async function call(
  url: string,
  path: string,
  body: unknown,
  options: { key: string; idempotencyKey?: string },
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'x-ivy-api-key': options.key,
      'content-type': 'application/json',
      ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

import type pg from 'pg';
import pino from 'pino';
import type { AppOptions } from '../../src/app/services.ts';
import { type App, createApp } from '../../src/app.ts';
import { settledPort } from '../../src/commands/ports.ts';
import { sandboxIdentityOf } from '../../src/commands/sandbox-certificates.ts';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { sandboxBanks, sandboxIdentity } from '../../src/institutions/sandbox-banks.ts';
import { newApiKey, printApiKey } from '../../src/merchants/api-key.ts';
import type { Environment } from '../../src/merchants/merchant.ts';
import { createPool } from '../../src/platform/postgres/pool.ts';
import { type SandboxBank, startSandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import {
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { createTestDatabase } from './database.ts';
import { TestClock } from './test-clock.ts';

export interface TestApp {
  readonly app: App;
  readonly url: string;
  /** A sandbox key of the merchant `shop`. */
  readonly key: string;
  readonly bank: SandboxBank;
  readonly clock: TestClock;
  readonly pool: pg.Pool;
  readonly connectionString: string;
  /** Moves business time, and with it the jobs that wait for it. */
  advance(ms: number): Promise<void>;
  /** One more process of the same installation; it listens, and works once it is asked to. */
  another(options?: AnotherProcess): Promise<Process>;
  /** Another merchant, with a key of its own. */
  addMerchant(id: string, environment?: Environment): Promise<string>;
  call(path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface AnotherProcess extends Partial<AppOptions> {
  /** Where its own clock differs from the first one's. */
  readonly clock?: TestClock;
}

export interface Process {
  readonly url: string;
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  readonly body: any;
}

export interface TestAppOptions extends Partial<AppOptions> {
  /** False: jobs wait until the test starts a worker of its own. */
  readonly worker?: boolean;
  readonly merchantName?: string;
  /** True: the sandbox has certificates, and with them the bank that demands some. */
  readonly sealedBank?: boolean;
  /** What the server rightly logs as an error, where a test breaks something; any other one fails the file. */
  readonly expectsErrors?: RegExp;
}

/** The whole server on a database of its own, with a sandbox bank beside it, on free ports. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { worker: wantsWorker = true, expectsErrors, merchantName = 'Shop & Söhne', ...rest } = options;
  const { sealedBank = false, ...overrides } = rest;
  const database = await createTestDatabase();
  const clock = new TestClock();
  const certificates = sealedBank ? await renewedCertificates({}, clock.now()) : undefined;
  const bank = await startSandboxBank({
    host: '127.0.0.1',
    port: 0,
    now: () => clock.now(),
    ...(certificates && { tls: { port: 0, certificates } }),
  });
  const port = await settledPort(0);
  const pool = createPool({
    connectionString: database.connectionString,
    maxConnections: 12,
    applicationName: 'trellis-test',
    onError: () => undefined,
  });
  const errors: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line) => errors.push(line) });
  const url = `http://localhost:${port}`;
  const appOptions = { ...defaults(url, bank, port, certificates), ...overrides };
  const app = await createApp(appOptions, { pool, clock, logger });
  await app.server.listen({ host: 'localhost', port });
  const addMerchant = (id: string, environment: Environment = 'sandbox') =>
    makeMerchant(app, id, merchantName, environment);
  const key = await addMerchant('shop');
  const others: Process[] = [];
  if (wantsWorker) await app.startWorker();
  return {
    app,
    url,
    key,
    bank,
    clock,
    pool,
    connectionString: database.connectionString,
    addMerchant,
    another: async ({ clock: otherClock = clock, ...changed } = {}) => {
      const resources = { clock: otherClock, logger, connectionString: database.connectionString };
      const other = await startAnother({ ...appOptions, ...changed }, resources);
      others.push(other);
      return other;
    },
    advance: async (ms) => {
      clock.advance(ms);
      await pool.query(
        `UPDATE graphile_worker._private_jobs SET run_at = run_at - make_interval(secs => $1)`,
        [ms / 1000],
      );
      // As where a job is added: workers look at once, instead of at their next second.
      await pool.query(`SELECT pg_notify('jobs:insert', '{"count":4}')`);
    },
    call: (path, body, callOptions) => call(url, path, body, { key, ...callOptions }),
    close: async () => {
      await Promise.all(others.map((other) => other.close()));
      await app.close();
      await pool.end();
      await bank.close();
      await database.drop();
      const unexpected = errors.filter((line) => !expectsErrors?.test(line));
      if (unexpected.length > 0) throw new Error(`the server logged errors:\n${unexpected.join('')}`);
    },
  };
}

async function startAnother(
  options: AppOptions,
  { connectionString, ...rest }: { clock: TestClock; logger: pino.Logger; connectionString: string },
): Promise<Process> {
  const pool = createPool({
    connectionString,
    maxConnections: 8,
    applicationName: 'trellis-test-other',
    onError: () => undefined,
  });
  const app = await createApp(options, { pool, ...rest });
  const address = await app.server.listen({ host: 'localhost', port: 0 });
  let closing: Promise<void> | undefined;
  return {
    url: `http://localhost:${new URL(address).port}`,
    startWorker: () => app.startWorker(),
    close: () => {
      closing ??= app.close().then(() => pool.end());
      return closing;
    },
  };
}

function defaults(
  publicUrl: string,
  bank: SandboxBank,
  port: number,
  certificates: SandboxCertificates | undefined,
): AppOptions {
  return {
    publicUrl,
    masterKeys: [new Secret(newMasterKey())],
    banks: sandboxBanks(bank.url, bank.tlsUrl),
    bankOrigins: [bank.url, ...(bank.tlsUrl === undefined ? [] : [bank.tlsUrl])],
    ...(certificates && {
      identities: new Map([[sandboxIdentity, sandboxIdentityOf(sandboxIdentity, certificates)]]),
    }),
    webhookOrigins: [],
    loopbackWebhooks: true,
    ownPorts: [port, bank.port],
    trustedProxies: [],
    requestsPerMinute: 1_000_000,
    workerConcurrency: 4,
    tppClientId: 'PSDDE-BAFIN-123456',
    operatorName: 'Trellis Sandbox',
    version: '0.0.0-test',
  };
}

async function makeMerchant(app: App, id: string, name: string, environment: Environment): Promise<string> {
  await app.merchants.save({
    id,
    name,
    country: 'DE',
    settings: {
      permissions: ['identity', 'balances', 'transactions'],
      successUrl: 'https://shop.example/success',
      errorUrl: 'https://shop.example/error',
      returnOrigins: [],
      appSchemes: [],
    },
  });
  const key = newApiKey(id, environment);
  await app.merchants.addKey(id, environment, key, 'test');
  return printApiKey(key);
}

/** POST with a body, GET without; the answer is parsed where it is JSON. */
async function call(url: string, path: string, body: unknown, options: CallOptions): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(options.key ? { 'x-ivy-api-key': options.key } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

function bytesOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (Buffer.isBuffer(body)) return new Uint8Array(body);
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

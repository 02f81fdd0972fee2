import path from 'node:path';
import type pg from 'pg';
import { type App, createApp } from '../app.ts';
import { type Config, type Env, parseConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import type { Secret } from '../core/secret.ts';
import { StartProblem } from '../core/start-problem.ts';
import { sandboxBanks, sandboxIdentity } from '../institutions/sandbox-banks.ts';
import { newApiKey, parseApiKey, printApiKey } from '../merchants/api-key.ts';
import { sandboxMerchantId } from '../merchants/merchant.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.ts';
import type { Identity } from '../platform/outbound/identity.ts';
import { DatabaseClock } from '../platform/postgres/database-clock.ts';
import { createLogger, type Logger } from '../platform/telemetry/logger.ts';
import { type Part, startChild } from './child.ts';
import { DataFolder } from './data-folder.ts';
import { openPool, projectRoot } from './database.ts';
import { clientIdOf, loadIdentities } from './identities.ts';
import { watchIdentities } from './identity-renewal.ts';
import { Lifetime } from './lifetime.ts';
import {
  keyOfFolder,
  keysOfEnvironment,
  type MasterKeys,
  masterKeyOf,
  proveMasterKeys,
} from './master-key.ts';
import { migrateAll } from './migrate.ts';
import { listenOrExplain, settledPort } from './ports.ts';
import { sandboxCertificates, sandboxIdentityOf } from './sandbox-certificates.ts';
import { version } from './version.ts';
import { welcome } from './welcome.ts';

const environment = 'sandbox';
/** What the parts need of our environment; keys and the database's address are not theirs. */
const inheritedNames = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NO_COLOR', 'SUDO_UID', 'NODE_COMPILE_CACHE'];
const webhookPath = '/webhooks/trellis';

/** Everything that the parts of one start share. */
interface Start {
  readonly config: Config;
  readonly env: Env;
  readonly folder: DataFolder;
  readonly logger: Logger;
  readonly lifetime: Lifetime;
  readonly ports: Readonly<Record<'main' | 'bank' | 'bankTls' | 'example', number>>;
  readonly publicUrl: string;
  readonly exampleUrl: string;
}

/** The whole system on one machine: what a newcomer starts, and what a second start goes on with. */
export async function start(env: Env): Promise<void> {
  const config = parseConfig(env);
  const logger = createLogger({ level: config.logLevel, readable: config.logReadable });
  const lifetime = new Lifetime();
  await lifetime.run(async () => begin(await prepare(config, env, logger, lifetime)), logger);
}

async function prepare(config: Config, env: Env, logger: Logger, lifetime: Lifetime): Promise<Start> {
  const main = await settledPort(config.port);
  const bank = await settledPort(config.sandboxBankPort, [main]);
  const example = await settledPort(config.examplePort, [main, bank]);
  const bankTls = await settledPort(config.sandboxBankTlsPort, [main, bank, example]);
  return {
    config,
    env,
    folder: await DataFolder.open(config.dataDir, config.sudoUid),
    logger,
    lifetime,
    ports: { main, bank, bankTls, example },
    publicUrl: config.publicUrl ?? `http://localhost:${main}`,
    exampleUrl: `http://localhost:${example}`,
  };
}

async function begin(start: Start): Promise<void> {
  const { config, logger, lifetime, ports, publicUrl, exampleUrl } = start;
  const [identities, database] = await Promise.all([ownIdentities(start), openDatabase(start)]);
  const pool = await openPool(database.connectionString, config, logger);
  lifetime.add('the database pool', () => pool.end());
  await migrateAll(pool, logger);
  const masterKeys = await provenKeys(start, pool, database.folder);
  const bankUrl = `http://127.0.0.1:${ports.bank}`;
  const bankTlsUrl = `https://127.0.0.1:${ports.bankTls}`;
  const clock = await DatabaseClock.start(pool, logger);
  lifetime.add('the clock', async () => clock.stop());
  const app = await createApp(
    {
      ...config,
      publicUrl,
      masterKeys,
      banks: sandboxBanks(bankUrl, bankTlsUrl),
      bankOrigins: [bankUrl, bankTlsUrl],
      loopbackWebhooks: true,
      ownPorts: [ports.main, ports.bank, ports.bankTls, database.port],
      tppClientId: clientIdOf(config, identities),
      identities,
      version,
    },
    { pool, clock, logger },
  );
  lifetime.add('the server', () => app.close());
  const key = await openSandboxMerchant(start, app);
  await together([
    listenOrExplain('PORT', ports.main, () => app.server.listen({ host: config.host, port: ports.main })),
    app.startWorker(),
    startSandboxBank(start),
    startExample(start, app, key),
  ]);
  const generatedKey = config.masterKeys === undefined;
  console.log(
    welcome({ publicUrl, bankUrl, exampleUrl, key: key.reveal(), dataDir: config.dataDir, generatedKey }),
  );
}

/** The operator's certificates, if any, and those by which the sandbox's sealed bank is reached. */
async function ownIdentities({
  config,
  folder,
  logger,
  lifetime,
}: Start): Promise<ReadonlyMap<string, Identity>> {
  const own = await loadIdentities(config, systemClock);
  const sandbox = await sandboxCertificates(folder, systemClock.now());
  const all = [...own, sandboxIdentityOf(sandboxIdentity, sandbox)];
  const identities = new Map(all.map((each) => [each.name, each]));
  const stop = watchIdentities({ files: config.identities, identities, clock: systemClock, logger });
  lifetime.add('the watch over certificates', async () => stop());
  return identities;
}

/** DATABASE_URL's server, or the embedded one in the data folder, which must then be closed last. */
async function openDatabase({
  config,
  folder,
  logger,
  lifetime,
}: Start): Promise<{ connectionString: string; port: number; folder?: string }> {
  if (config.databaseUrl) {
    const connectionString = config.databaseUrl.reveal();
    return { connectionString, port: Number(new URL(connectionString).port || 5432) };
  }
  const starting = startEmbeddedPostgres({
    dataDir: folder.path,
    log: (line) => logger.info(line),
    sudoUid: config.sudoUid,
  });
  // Before it is there: who presses Ctrl-C meanwhile leaves no server behind.
  lifetime.add('PostgreSQL', () =>
    starting.then(
      (postgres) => postgres.stop(),
      () => undefined,
    ),
  );
  return starting;
}

/** The merchant for trying out, and its key: the one in the data folder, or one more from the environment. */
async function openSandboxMerchant({ config, folder, exampleUrl }: Start, app: App): Promise<Secret> {
  await app.merchants.save({
    id: sandboxMerchantId,
    name: 'Juniper Living',
    country: 'DE',
    accentColor: '#2f6f57',
    settings: {
      permissions: ['identity', 'balances', 'transactions'],
      successUrl: `${exampleUrl}/return`,
      errorUrl: `${exampleUrl}/return`,
      returnOrigins: [],
      appSchemes: [],
    },
  });
  const kept = await folder.secret('sandbox-key', () =>
    printApiKey(newApiKey(sandboxMerchantId, environment)),
  );
  const secrets = config.sandboxApiKey ? [kept.secret, config.sandboxApiKey] : [kept.secret];
  for (const secret of secrets) {
    const key = parseApiKey(secret.reveal());
    if (key) await app.merchants.addKey(sandboxMerchantId, environment, key, 'npm start');
    await app.merchants.authenticate({ 'x-ivy-api-key': secret.reveal() }).catch(() => {
      throw new StartProblem(
        'TRELLIS_SANDBOX_API_KEY does not work: its app id is in use with another secret. Choose another app id.',
      );
    });
  }
  return config.sandboxApiKey ?? kept.secret;
}

/** The environment's keys, or the one in the data folder; proved to be the database's. */
async function provenKeys(
  { config, folder }: Start,
  pool: pg.Pool,
  databaseFolder: string | undefined,
): Promise<MasterKeys> {
  const origin = config.masterKeys ? keysOfEnvironment : keyOfFolder(folder, databaseFolder);
  const keys = config.masterKeys ?? [await masterKeyOf(folder, pool, origin)];
  await proveMasterKeys(pool, keys, origin);
  return keys;
}

/** Waits for all, also if one fails: what has come up meanwhile can then be closed again. */
async function together(works: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function startSandboxBank(start: Start): Promise<void> {
  await startPart(start, {
    name: 'The sandbox bank',
    entry: path.join(projectRoot, 'src/main.ts'),
    args: ['sandbox-bank'],
    env: {
      SANDBOX_BANK_PORT: String(start.ports.bank),
      SANDBOX_BANK_TLS_PORT: String(start.ports.bankTls),
      TRELLIS_DATA_DIR: start.folder.path,
    },
  });
}

/** The example shop, which asks for its secrets anew after a rotation, and whose subscription follows its port. */
async function startExample(start: Start, app: App, key: Secret): Promise<void> {
  const { folder, ports, publicUrl, exampleUrl } = start;
  const secrets = async () => {
    const all = await app.webhooks.signingSecrets(sandboxMerchantId, environment);
    return all.map((secret) => secret.reveal());
  };
  const env = {
    EXAMPLE_PORT: String(ports.example),
    TRELLIS_URL: publicUrl,
    TRELLIS_API_KEY: key.reveal(),
    TRELLIS_WEBHOOK_SECRET: (await secrets()).join(),
  };
  const answers = { 'webhook-secrets': async () => ({ webhookSecrets: await secrets() }) };
  const entry = path.join(projectRoot, 'examples/merchant/server.ts');
  await startPart(start, { name: 'The example shop', entry, args: [], env, answers });
  const url = `${exampleUrl}${webhookPath}`;
  const earlier = await folder.read('example-webhook');
  await app.webhooks.replaceSubscription({
    merchantId: sandboxMerchantId,
    environment,
    earlierUrl: earlier,
    url,
  });
  await folder.write('example-webhook', url);
}

/** A part that is a process of its own; if it is lost, everything ends. */
async function startPart(start: Start, part: Part): Promise<void> {
  const { lifetime, logger } = start;
  const inherited = inheritedNames.flatMap((name) =>
    start.env[name] === undefined ? [] : [[name, start.env[name]]],
  );
  const env = { ...Object.fromEntries(inherited), ...part.env };
  const child = await startChild({ ...part, env }, (ending) => {
    logger.error({ part: part.name, ...ending }, 'a part of Trellis ended by itself, so everything ends');
    void lifetime.close(logger).then(() => process.exit(1));
  });
  lifetime.add(part.name, () => child.stop());
}

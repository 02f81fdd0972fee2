import { type App, createApp } from '../app.ts';
import { type Config, type Env, parseConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { StartProblem } from '../core/start-problem.ts';
import { DatabaseClock } from '../platform/postgres/database-clock.ts';
import { createLogger, type Logger } from '../platform/telemetry/logger.ts';
import { openPool, requireNewestSchema } from './database.ts';
import { clientIdOf, loadIdentities } from './identities.ts';
import { watchIdentities } from './identity-renewal.ts';
import { Lifetime } from './lifetime.ts';
import { keysOfEnvironment, proveMasterKeys } from './master-key.ts';
import { listenOrExplain } from './ports.ts';
import { version } from './version.ts';

/** API and flow, for production: any number of processes on one database, without the sandbox's parts. */
export async function serve(env: Env): Promise<void> {
  const { config, logger, lifetime } = prepare(env);
  await lifetime.run(async () => {
    const app = await openApp(config, logger, lifetime);
    const address = await listenOrExplain('PORT', config.port, () =>
      app.server.listen({ host: config.host, port: config.port }),
    );
    logger.info({ address }, 'ready');
  }, logger);
}

/** The worker, for production: any number of processes on one database. */
export async function work(env: Env): Promise<void> {
  const { config, logger, lifetime } = prepare(env);
  await lifetime.run(async () => {
    const app = await openApp(config, logger, lifetime);
    await app.startWorker();
    logger.info('working');
  }, logger);
}

/** @throws StartProblem */
export function requireDatabaseUrl(config: Config): string {
  if (!config.databaseUrl) throw new StartProblem('Set DATABASE_URL to the PostgreSQL server to use.');
  return config.databaseUrl.reveal();
}

function prepare(env: Env): { config: Config; logger: Logger; lifetime: Lifetime } {
  const config = parseConfig(env);
  const missing = [
    config.databaseUrl ? undefined : 'DATABASE_URL (the PostgreSQL server)',
    config.publicUrl === undefined
      ? 'PUBLIC_URL (the origin under which users reach this server)'
      : undefined,
    config.masterKeys ? undefined : 'TRELLIS_MASTER_KEY (openssl rand -base64 32)',
  ].filter((name) => name !== undefined);
  if (missing.length > 0) throw new StartProblem(`Set ${missing.join(', ')}.`);
  return {
    config,
    logger: createLogger({ level: config.logLevel, readable: config.logReadable }),
    lifetime: new Lifetime(),
  };
}

async function openApp(config: Config, logger: Logger, lifetime: Lifetime): Promise<App> {
  const identities = new Map((await loadIdentities(config, systemClock)).map((each) => [each.name, each]));
  const stopWatch = watchIdentities({ files: config.identities, identities, clock: systemClock, logger });
  lifetime.add('the watch over certificates', async () => stopWatch());
  const pool = await openPool(requireDatabaseUrl(config), config, logger);
  lifetime.add('the database pool', () => pool.end());
  if (!config.masterKeys || config.publicUrl === undefined)
    throw new StartProblem('unreachable after prepare');
  await requireNewestSchema(pool);
  await proveMasterKeys(pool, config.masterKeys, keysOfEnvironment);
  const clock = await DatabaseClock.start(pool, logger);
  lifetime.add('the clock', async () => clock.stop());
  const app = await createApp(
    {
      ...config,
      publicUrl: config.publicUrl,
      masterKeys: config.masterKeys,
      banks: [],
      bankOrigins: [],
      loopbackWebhooks: false,
      ownPorts: [config.port, Number(new URL(requireDatabaseUrl(config)).port || 5432)],
      tppClientId: clientIdOf(config, identities),
      identities,
      version,
    },
    { pool, clock, logger },
  );
  lifetime.add('the server', () => app.close());
  return app;
}

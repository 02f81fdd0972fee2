import type pg from 'pg';
import { type Config, type Env, parseConfig } from '../config.ts';
import type { Secret } from '../core/secret.ts';
import { StartProblem } from '../core/start-problem.ts';
import { Vault } from '../platform/crypto/vault.ts';
import { findRunningPostgres, type RunningPostgres } from '../platform/embedded-postgres/running.ts';
import { createLogger, type Logger } from '../platform/telemetry/logger.ts';
import { DataFolder } from './data-folder.ts';
import { openPool, requireNewestSchema } from './database.ts';
import {
  type KeyOrigin,
  keptMasterKey,
  keyOfFolder,
  keysOfEnvironment,
  type MasterKeys,
  proveMasterKeys,
} from './master-key.ts';

/** What the operator's commands work on. */
interface Installation {
  readonly connectionString: string;
  readonly masterKeys: MasterKeys;
  readonly keyOrigin: KeyOrigin;
}

/**
 * DATABASE_URL and TRELLIS_MASTER_KEY, or without DATABASE_URL what the `npm start` that runs on the data folder has.
 * The folder's key is never taken for DATABASE_URL: an empty database would be bound to it by mistake.
 * @throws StartProblem naming all that is missing
 */
async function findInstallation(config: Config): Promise<Installation> {
  const { masterKeys, databaseUrl } = config;
  if (databaseUrl) {
    if (!masterKeys) throw new StartProblem('Set TRELLIS_MASTER_KEY to the key that the server uses.');
    return { connectionString: databaseUrl.reveal(), masterKeys, keyOrigin: keysOfEnvironment };
  }
  const missing = masterKeys ? 'DATABASE_URL' : 'DATABASE_URL and TRELLIS_MASTER_KEY';
  const running = await requireRunning(config, missing);
  const { connectionString } = running;
  if (masterKeys) return { connectionString, masterKeys, keyOrigin: keysOfEnvironment };
  return { connectionString, ...(await keysOfStart(config, running)) };
}

/** What a command works with once the database is reached, its schema the newest, and the master keys are proved. */
export interface Opened {
  readonly pool: pg.Pool;
  readonly masterKeys: MasterKeys;
  readonly logger: Logger;
}

/** Opens the installation for one piece of work, and closes it. @throws StartProblem before anything is written */
export async function onInstallation(env: Env, work: (opened: Opened) => Promise<void>): Promise<void> {
  const config = parseConfig(env);
  const logger = createLogger({ level: 'warn', readable: config.logReadable });
  const { connectionString, masterKeys, keyOrigin } = await findInstallation(config);
  const pool = await openPool(connectionString, config, logger);
  try {
    await requireNewestSchema(pool);
    await proveMasterKeys(pool, masterKeys, keyOrigin);
    await work({ pool, masterKeys, logger });
  } finally {
    await pool.end();
  }
}

/** What a command works with that needs the master keys for few of its tasks. */
export interface OpenedDatabase {
  readonly pool: pg.Pool;
  /** With keys that are proved to be the database's; undefined where nobody gave any. @throws StartProblem */
  readonly vault: () => Promise<Vault | undefined>;
}

/** Opens the database for one piece of work, and closes it. @throws StartProblem before anything is written */
export async function onDatabase(env: Env, work: (opened: OpenedDatabase) => Promise<void>): Promise<void> {
  const config = parseConfig(env);
  const logger = createLogger({ level: 'warn', readable: config.logReadable });
  const { connectionString, masterKeys, keyOrigin } = await findDatabase(config);
  const pool = await openPool(connectionString, config, logger);
  const vault = async () => {
    if (!masterKeys) return undefined;
    await proveMasterKeys(pool, masterKeys, keyOrigin);
    return new Vault(masterKeys);
  };
  try {
    await requireNewestSchema(pool);
    await work({ pool, vault });
  } finally {
    await pool.end();
  }
}

async function findDatabase(
  config: Config,
): Promise<Omit<Installation, 'masterKeys'> & { readonly masterKeys: MasterKeys | undefined }> {
  const { masterKeys, databaseUrl } = config;
  if (databaseUrl)
    return { connectionString: databaseUrl.reveal(), masterKeys, keyOrigin: keysOfEnvironment };
  const running = await requireRunning(config, 'DATABASE_URL');
  const { connectionString } = running;
  if (masterKeys) return { connectionString, masterKeys, keyOrigin: keysOfEnvironment };
  const { key, keyOrigin } = await keyOfStart(config, running);
  return { connectionString, masterKeys: key && [key], keyOrigin };
}

async function requireRunning({ dataDir }: Config, missing: string): Promise<RunningPostgres> {
  const running = await findRunningPostgres(dataDir);
  if (!running)
    throw new StartProblem(`Nothing runs in ${dataDir}: start it with npm start, or set ${missing}.`);
  // To standard error: an export goes to standard output. Whoever forgot DATABASE_URL sees where he is.
  console.error(`Working on the Trellis that runs in ${dataDir}.`);
  return running;
}

async function keysOfStart(
  config: Config,
  running: RunningPostgres,
): Promise<Pick<Installation, 'masterKeys' | 'keyOrigin'>> {
  const { key, keyOrigin } = await keyOfStart(config, running);
  if (key) return { masterKeys: [key], keyOrigin };
  throw new StartProblem(
    `${keyOrigin.name} is missing: set TRELLIS_MASTER_KEY to the key that npm start was given.`,
  );
}

async function keyOfStart(
  { dataDir, sudoUid }: Config,
  running: RunningPostgres,
): Promise<{ readonly key: Secret | undefined; readonly keyOrigin: KeyOrigin }> {
  const folder = await DataFolder.open(dataDir, sudoUid);
  const keyOrigin = keyOfFolder(folder, running.folder);
  return { key: await keptMasterKey(folder, keyOrigin), keyOrigin };
}

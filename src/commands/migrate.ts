import { type Env, parseConfig } from '../config.ts';
import { createLogger } from '../platform/telemetry/logger.ts';
import { migrateAll, openPool } from './database.ts';
import { requireDatabaseUrl } from './serve.ts';

export async function migrateDatabase(env: Env): Promise<void> {
  const config = parseConfig(env);
  const logger = createLogger({ level: config.logLevel, readable: config.logReadable });
  const pool = await openPool(requireDatabaseUrl(config), config, logger);
  try {
    await migrateAll(pool, logger);
    console.log('The database has the newest schema.');
  } finally {
    await pool.end();
  }
}

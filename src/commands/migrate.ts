import type pg from 'pg';
import { type Env, parseConfig } from '../config.ts';
import { migrateQueue } from '../platform/jobs/worker.ts';
import { migrate } from '../platform/postgres/migrate.ts';
import { createLogger, type Logger } from '../platform/telemetry/logger.ts';
import { migrationsFolder, openPool } from './database.ts';
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

/** Brings our schema and the queue's to the newest version; safe when several processes start at once. */
export async function migrateAll(pool: pg.Pool, logger: Logger): Promise<void> {
  const ran = await migrate(pool, migrationsFolder);
  await migrateQueue(pool, logger);
  if (ran.length > 0) logger.info({ migrations: ran }, 'the database schema is up to date');
}

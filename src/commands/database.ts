import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Config } from '../config.ts';
import { StartProblem } from '../core/start-problem.ts';
import { pendingMigrations } from '../platform/postgres/migrate.ts';
import { checkConnection, createPool } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';

/** From src/commands and from dist/src/commands alike. */
export const projectRoot = findProjectRoot(path.dirname(fileURLToPath(import.meta.url)));

export const migrationsFolder = path.join(projectRoot, 'migrations');

/** A pool on the database. @throws StartProblem when it cannot be reached */
export async function openPool(connectionString: string, config: Config, logger: Logger): Promise<pg.Pool> {
  const pool = createPool({
    connectionString,
    maxConnections: config.databaseConnections,
    applicationName: 'trellis',
    onError: (err) => logger.warn({ err }, 'lost an idle database connection'),
  });
  try {
    await checkConnection(pool);
    return pool;
  } catch (cause) {
    await pool.end();
    const { host } = new URL(connectionString);
    throw new StartProblem(
      `The database at ${host} cannot be reached. Check that it runs and that DATABASE_URL is right.`,
      { cause },
    );
  }
}

/**
 * For processes that do not migrate. A schema that is newer than this release is let pass: while one release takes
 * the place of another, processes of the old one may start again.
 * @throws StartProblem
 */
export async function requireNewestSchema(pool: pg.Pool): Promise<void> {
  const [first] = await pendingMigrations(pool, migrationsFolder);
  if (first !== undefined)
    throw new StartProblem(`The database lacks ${first} of this release. Run the command "migrate" first.`);
}

function findProjectRoot(from: string): string {
  const parent = path.dirname(from);
  return path.basename(from) === 'src' ? parent.replace(/[/\\]dist$/, '') : findProjectRoot(parent);
}

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';

/** Any number that no other program on this database uses for its advisory locks. */
const migrationLock = 7_316_280_411;

/**
 * Brings the database to the newest schema. Each numbered file runs once, in order, in its own transaction
 * under one advisory lock, so that processes that start together wait for each other instead of colliding.
 * Returns the names of the files it ran.
 */
export async function migrate(pool: pg.Pool, folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).sort();
  const ran: string[] = [];
  const client = await pool.connect();
  let finished = false;
  try {
    for (const file of files) {
      if (await migrateOne(client, folder, file)) ran.push(file);
    }
    finished = true;
  } finally {
    client.release(!finished); // a connection on which something failed does not go back to the pool
  }
  return ran;
}

async function migrateOne(client: pg.PoolClient, folder: string, file: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    // A large table may take long, and so may the wait for another process that migrates it.
    await client.query('SET LOCAL statement_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())',
    );
    const claimed = await client.query(
      'INSERT INTO schema_migration (name) VALUES ($1) ON CONFLICT DO NOTHING',
      [file],
    );
    if (claimed.rowCount === 1) await client.query(await readFile(path.join(folder, file), 'utf8'));
    await client.query('COMMIT');
    return claimed.rowCount === 1;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // what matters is the first error
    throw new Error(`migration ${file} failed`, { cause: error });
  }
}

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { sha256 } from '../../core/ids.ts';
import { StartProblem } from '../../core/start-problem.ts';

/** Any number that no other program on this database uses for its advisory locks. */
const migrationLock = 7_316_280_411;
const undefinedTable = '42P01';

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** Of the file's bytes: what has run must stay what it was. */
  readonly checksum: Buffer;
}

/**
 * Brings the database to the newest schema. Each numbered file runs once, in order, in its own transaction
 * under one advisory lock, so that processes that start together wait for each other instead of colliding.
 * Returns the names of the files it ran.
 * @throws StartProblem, before anything is written, when a file that has run was changed or is not there
 */
export async function migrate(pool: pg.Pool, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const ran: string[] = [];
  const client = await pool.connect();
  let finished = false;
  try {
    await inTurn(client, () => compareWithHistory(client, migrations));
    for (const migration of migrations) {
      if (await inTurn(client, () => runOnce(client, migration))) ran.push(migration.name);
    }
    finished = true;
  } finally {
    client.release(!finished); // a connection on which something failed does not go back to the pool
  }
  return ran;
}

/** The names of the files that have not run yet; writes nothing. */
export async function pendingMigrations(pool: pg.Pool, folder: string): Promise<string[]> {
  const names = await migrationNames(folder);
  try {
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM schema_migration');
    const done = new Set(rows.map(({ name }) => name));
    return names.filter((name) => !done.has(name));
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === undefinedTable) return names;
    throw error;
  }
}

async function migrationNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).sort();
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = await migrationNames(folder);
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(path.join(folder, name));
      return { name, sql: bytes.toString('utf8'), checksum: sha256(bytes) };
    }),
  );
}

/** One transaction, while no other process migrates. */
async function inTurn<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    // A large table may take long, and so may the wait for another process that migrates it.
    await client.query('SET LOCAL statement_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // what matters is the first error
    throw error;
  }
}

/** What ran before there were checksums is taken as it is now. */
async function compareWithHistory(client: pg.PoolClient, migrations: readonly Migration[]): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migration
       (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now(), checksum bytea)`,
  );
  await client.query('ALTER TABLE schema_migration ADD COLUMN IF NOT EXISTS checksum bytea');
  const { rows } = await client.query<{ name: string; checksum: Buffer | null }>(
    'SELECT name, checksum FROM schema_migration ORDER BY name',
  );
  for (const { name, checksum } of rows) {
    const migration = migrations.find((candidate) => candidate.name === name);
    if (!migration) throw fileMissing(name);
    if (checksum !== null && !checksum.equals(migration.checksum)) throw fileChanged(name);
  }
  for (const { name, checksum } of migrations) {
    const unknown = 'UPDATE schema_migration SET checksum = $2 WHERE name = $1 AND checksum IS NULL';
    await client.query(unknown, [name, checksum]);
  }
}

async function runOnce(client: pg.PoolClient, { name, sql, checksum }: Migration): Promise<boolean> {
  try {
    const claimed = await client.query(
      'INSERT INTO schema_migration (name, checksum) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [name, checksum],
    );
    if (claimed.rowCount === 1) await client.query(sql);
    return claimed.rowCount === 1;
  } catch (cause) {
    throw new Error(`migration ${name} failed`, { cause });
  }
}

function fileMissing(name: string): StartProblem {
  return new StartProblem(
    `The database has run the migration ${name}, which this release does not have. Use the release that it comes from, or put the file back.`,
  );
}

function fileChanged(name: string): StartProblem {
  return new StartProblem(
    `The migration ${name} was changed after it had run on this database. Put the file back as it was; what has to change is a new migration.`,
  );
}

import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { StartProblem } from '../../src/core/start-problem.ts';
import { migrate, pendingMigrations } from '../../src/platform/postgres/migrate.ts';
import { createPool } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ask, makeTestFolder, removeTestFolder } from './postgres-owner.ts';

let database: TestDatabase;
let folder: string;
let migrations: string;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await makeTestFolder();
  migrations = path.join(folder, 'migrations');
  await mkdir(migrations);
  // The template's history is of the product's own files.
  await ask(database.connectionString, 'DROP TABLE schema_migration');
});
afterEach(async () => {
  await database.drop();
  await removeTestFolder(folder);
});

function pool(): pg.Pool {
  const made = createPool({
    connectionString: database.connectionString,
    maxConnections: 2,
    applicationName: 'test',
    onError: () => undefined,
  });
  onTestFinished(() => made.end());
  return made;
}

const add = (name: string, sql: string) => writeFile(path.join(migrations, name), sql);

test('processes that start together run each migration once, in order', async () => {
  await add('9002_second.sql', 'INSERT INTO step VALUES (2)');
  await add('9001_first.sql', 'CREATE TABLE step (n int); INSERT INTO step VALUES (1)');
  await add('notes.txt', 'no migration');
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(pool(), migrations)));
  expect(ran.flat().sort()).toEqual(['9001_first.sql', '9002_second.sql']);
  expect(await ask(database.connectionString, 'SELECT string_agg(n::text, chr(44)) FROM step')).toBe('1,2');
  expect(await migrate(pool(), migrations)).toEqual([]);
});

test('a migration that fails leaves nothing behind, is named, and can be mended', async () => {
  await add('9001_bad.sql', 'CREATE TABLE half (n int); SELECT 1/0');
  await expect(migrate(pool(), migrations)).rejects.toThrow('migration 9001_bad.sql failed');
  expect(await ask(database.connectionString, "SELECT to_regclass('half')")).toBe(null);
  await add('9001_bad.sql', 'CREATE TABLE half (n int)');
  expect(await migrate(pool(), migrations)).toEqual(['9001_bad.sql']);
});

test('a file that was changed or lost after it has run is named, and nothing is written', async () => {
  const names = "SELECT string_agg(name, ',' ORDER BY name) FROM schema_migration";
  await add('9001_first.sql', 'CREATE TABLE step (n int)');
  await migrate(pool(), migrations);
  await add('9002_second.sql', 'CREATE TABLE later (n int)');
  await add('9001_first.sql', 'CREATE TABLE step (n bigint)');
  await expect(migrate(pool(), migrations)).rejects.toThrow(
    /^The migration 9001_first\.sql was changed after it had run on this database\. /,
  );
  await rm(path.join(migrations, '9001_first.sql'));
  await expect(migrate(pool(), migrations)).rejects.toThrow(
    /^The database has run the migration 9001_first\.sql, which this release does not have\. /,
  );
  expect(await ask(database.connectionString, names)).toBe('9001_first.sql');
  expect(await ask(database.connectionString, "SELECT to_regclass('later')")).toBe(null);

  await add('9001_first.sql', 'CREATE TABLE step (n int)');
  expect(await pendingMigrations(pool(), migrations)).toEqual(['9002_second.sql']);
  expect(await migrate(pool(), migrations)).toEqual(['9002_second.sql']);
  expect(await pendingMigrations(pool(), migrations)).toEqual([]);
});

test('a history without checksums takes them up, and holds to them from then on', async () => {
  await ask(
    database.connectionString,
    'CREATE TABLE schema_migration (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())',
  );
  await ask(database.connectionString, "INSERT INTO schema_migration (name) VALUES ('9001_first.sql')");
  const sql = 'CREATE TABLE step (n int)';
  await add('9001_first.sql', sql);
  expect(await migrate(pool(), migrations)).toEqual([]);
  const taken = "SELECT encode(checksum, 'hex') FROM schema_migration";
  expect(await ask(database.connectionString, taken)).toBe(createHash('sha256').update(sql).digest('hex'));
  await add('9001_first.sql', `${sql} -- edited`);
  await expect(migrate(pool(), migrations)).rejects.toThrow(StartProblem);
});

test('an empty database lacks every migration', async () => {
  await add('9001_first.sql', 'SELECT 1');
  expect(await pendingMigrations(pool(), migrations)).toEqual(['9001_first.sql']);
});

test('a migration may run longer than any statement of a request', async () => {
  await add('9001_slow.sql', "CREATE TABLE seen AS SELECT current_setting('statement_timeout') AS limit_");
  const one = pool();
  await migrate(one, migrations);
  expect(await ask(database.connectionString, 'SELECT limit_ FROM seen')).toBe('0');
  expect((await one.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '30s' }]);
});

test('a connection lost while it is in use fails what uses it, not the process', async () => {
  const one = pool();
  const client = await one.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const lost = new Promise((resolve) => client.once('end', resolve));
  await ask(database.connectionString, `SELECT pg_terminate_backend(${rows[0]?.pid})`);
  await lost;
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release(true);
  expect((await one.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
});

import { lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { readableId } from '../../src/core/ids.ts';
import { StartProblem } from '../../src/core/start-problem.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { migrateQueue } from '../../src/platform/jobs/worker.ts';
import { migrate } from '../../src/platform/postgres/migrate.ts';
import { createPool } from '../../src/platform/postgres/pool.ts';
import { createLogger } from '../../src/platform/telemetry/logger.ts';

/** What a test file needs to make a database of its own. */
export interface TestServer {
  /** Of a role that may make databases. */
  readonly adminUrl: string;
  /** Of the role that owns them and the tests work as; the database's name is put in. */
  readonly ownerUrl: string;
  readonly template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
    /** Where things stay from run to run that take long to make. */
    testCacheFolder: string;
    /** A Chromium to use instead of the npm package's, which is for Linux on x64 only. */
    installedChromium: string | undefined;
  }
}

/** Several runs on one machine use one PostgreSQL each; a slot that a killed run has left is recovered by the next. */
const maxRunsAtOnce = 16;
/** Losing the tests' data to a power cut costs nothing, and waiting for the disk would be most of their time. */
const fastSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '200',
};

/** Runs once before all test files: a real PostgreSQL, and in it a migrated template that each file clones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cacheFolder = await ownFolder();
  const given = process.env.TEST_DATABASE_URL;
  const embedded = given === undefined ? await startInFreeSlot(cacheFolder) : undefined;
  const adminUrl = embedded?.adminConnectionString ?? given ?? '';
  const ownerUrl = embedded?.connectionString ?? given ?? '';
  const run = `test_${readableId(8)}`;
  if (embedded !== undefined) await dropDatabases(adminUrl, 'test_');
  const template = await makeTemplate({ adminUrl, ownerUrl, template: `${run}_template` });
  project.provide('testServer', { adminUrl, ownerUrl, template });
  project.provide('testCacheFolder', cacheFolder);
  project.provide('installedChromium', process.env.TEST_CHROMIUM_PATH);
  return async () => {
    if (embedded === undefined) await dropDatabases(adminUrl, run);
    await embedded?.stop();
  };
}

/** In the system's temporary folder, by user, since what one user has put there the next could not use. */
async function ownFolder(): Promise<string> {
  const folder = path.join(tmpdir(), `trellis-tests-${process.geteuid?.() ?? 0}`);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const { uid } = await lstat(folder);
  if (uid !== process.geteuid?.()) throw new Error(`${folder} belongs to another user`);
  return folder;
}

async function startInFreeSlot(cacheFolder: string): Promise<EmbeddedPostgres> {
  for (let slot = 0; slot < maxRunsAtOnce; slot += 1) {
    const dataDir = path.join(cacheFolder, `postgres-${slot}`);
    try {
      return await startOrRemake(dataDir);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw new Error(`all ${maxRunsAtOnce} test databases under ${cacheFolder} are in use`);
}

/** Without fsync a machine that lost its power may have left a damaged folder: it is only a cache. */
async function startOrRemake(dataDir: string): Promise<EmbeddedPostgres> {
  const systemRoot = path.join(dataDir, '..', 'system');
  const start = () =>
    startEmbeddedPostgres({ dataDir, systemRoot, log: () => undefined, settings: fastSettings });
  try {
    return await start();
  } catch (error) {
    if (isTaken(error)) throw error;
    await rm(dataDir, { recursive: true, force: true });
    return start();
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof StartProblem && /already runs|is starting/.test(error.message);
}

/** Connections to the template are forbidden once it is ready: a single one would make every clone fail. */
async function makeTemplate({ adminUrl, ownerUrl, template }: TestServer): Promise<string> {
  const owner = new URL(ownerUrl).username;
  await asAdmin(adminUrl, (admin) =>
    admin.query(`CREATE DATABASE ${template} OWNER ${pg.escapeIdentifier(owner)}`),
  );
  const url = Object.assign(new URL(ownerUrl), { pathname: `/${template}` });
  const pool = createPool({
    connectionString: url.href,
    maxConnections: 2,
    applicationName: 'trellis tests',
    onError: () => undefined,
  });
  try {
    await migrate(pool, path.resolve('migrations'));
    await migrateQueue(pool, createLogger({ level: 'silent', readable: false }));
  } finally {
    await pool.end();
  }
  await asAdmin(adminUrl, (admin) => admin.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`));
  return template;
}

async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  await asAdmin(adminUrl, async (admin) => {
    const found = await admin.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    );
    for (const { name } of found.rows)
      await admin.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  });
}

async function asAdmin<T>(adminUrl: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

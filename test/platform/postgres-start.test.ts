import { mkdir, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import {
  ask,
  canStartOthers,
  copyDataFolder,
  endPostgresIn,
  isRoot,
  makeTestFolder,
  nobody,
  OwnerProcess,
  optionsFor,
  removeTestFolder,
} from './postgres-owner.ts';

// Real processes, initdb and disks that are waited for: on a machine with other work to do this takes a while.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let pristine: string;
let folder: string;
let dataDir: string;
let owners: OwnerProcess[];

beforeAll(async () => {
  pristine = await makeTestFolder();
  await (
    await startEmbeddedPostgres({ ...optionsFor(path.join(pristine, 'data')), log: () => undefined })
  ).stop();
});
afterAll(() => removeTestFolder(pristine));

beforeEach(async () => {
  folder = await makeTestFolder(pristine);
  dataDir = path.join(folder, 'data');
  owners = [];
});
afterEach(async () => {
  await Promise.all(owners.map((owner) => owner.kill('group')));
  await endPostgresIn(folder);
});

function start(): OwnerProcess {
  const owner = new OwnerProcess(optionsFor(dataDir));
  owners.push(owner);
  return owner;
}

/** Why a start in this very process fails. */
async function problem(): Promise<string> {
  const failed = await startEmbeddedPostgres({ ...optionsFor(dataDir), log: () => undefined }).then(
    (postgres) => postgres.stop(),
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ name: 'StartProblem' });
  return (failed as Error).message;
}

test('the first start makes a database, the second has its data and its password', async () => {
  const first = start();
  const { url } = await first.ready();
  await ask(url, "CREATE TABLE note AS SELECT 'grüße' AS text");
  expect(await first.stop()).toBe(0);

  const second = start();
  const { url: again } = await second.ready();
  expect(await ask(again, 'SELECT text FROM note')).toBe('grüße');
  expect(new URL(again).password).toBe(new URL(url).password);
  expect(await second.stop()).toBe(0);
  expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log']);
});

test('it is durable, in UTF-8 whatever the environment, off the network, and no superuser by default', async () => {
  await copyDataFolder(path.join(pristine, 'data'), dataDir);
  const { url } = await start().ready();
  const settings = {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    server_encoding: 'UTF8',
    TimeZone: 'UTC',
    listen_addresses: '127.0.0.1',
  };
  for (const [name, value] of Object.entries(settings)) {
    expect(await ask(url, `SELECT current_setting('${name}')`), name).toBe(value);
  }
  expect(await ask(url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toBe(false);
  expect(
    await ask(url, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'trellis'"),
  ).toBe('bC.UTF-8');
  await expect(ask(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(
    /password authentication failed/,
  );
  const pidFile = (await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  expect(pidFile[4], 'folder of its sockets').toBe('');
  const secret = await stat(path.join(dataDir, 'postgres', 'trellis.password'));
  expect(secret.mode & 0o777).toBe(0o600);
});

test('of two first starts at once one wins, and the other says so and fails', async () => {
  const both = [start(), start()];
  const outcomes = await Promise.all(both.map((owner) => owner.started));
  const [refused] = outcomes.filter(({ problem }) => problem !== undefined);
  expect(outcomes.filter(({ ready }) => ready !== undefined)).toHaveLength(1);
  expect(refused?.problem).toMatch(/already runs|is starting/);
  const loser = both[outcomes.findIndex(({ problem }) => problem !== undefined)];
  expect(await loser?.exited).toBe(1);
  expect(refused?.problem).toContain(dataDir);
});

test('a start on a folder in use is refused, even if the lock file was removed by hand', async () => {
  await copyDataFolder(path.join(pristine, 'data'), dataDir);
  const { url } = await start().ready();
  expect(await problem()).toMatch(/already runs on .*TRELLIS_DATA_DIR/);
  await unlink(path.join(dataDir, 'postgres.lock'));
  expect(await problem()).toMatch(/already runs on .*its PostgreSQL is process/);
  expect(await ask(url, 'SELECT 1')).toBe(1);
});

test.skipIf(isRoot && !canStartOthers)(
  'a data folder that may not be written is one sentence and a failure',
  async () => {
    await mkdir(dataDir, { mode: 0o555 });
    const owner = new OwnerProcess(optionsFor(dataDir), isRoot ? { as: nobody } : {});
    owners.push(owner);
    expect(await owner.problem()).toBe(
      `The data folder ${dataDir} cannot be written: permission denied. Make it writable, or set TRELLIS_DATA_DIR to another folder.`,
    );
    expect(await owner.exited).toBe(1);
  },
);

test('a data folder that cannot be made is one sentence', async () => {
  await writeFile(path.join(folder, 'file'), '');
  dataDir = path.join(folder, 'file', 'data');
  expect(await problem()).toContain(`${dataDir} cannot be written: not a directory`);
});

test('what else is wrong with the data is told in a sentence that names the place', async () => {
  const cluster = path.join(dataDir, 'postgres');
  await mkdir(cluster, { recursive: true });
  await writeFile(path.join(cluster, 'holiday.jpg'), '');
  expect(await problem()).toContain(`${cluster} is in the way`);

  await rm(dataDir, { recursive: true });
  await copyDataFolder(path.join(pristine, 'data'), dataDir);
  await rm(path.join(cluster, 'global', 'pg_control'));
  expect(await problem()).toMatch(/^PostgreSQL does not start: .+postgres\.log/);

  await rm(path.join(cluster, 'trellis.password'));
  expect(await problem()).toContain(path.join(cluster, 'trellis.password'));

  await writeFile(path.join(cluster, 'PG_VERSION'), '17\n');
  expect(await problem()).toMatch(/written by PostgreSQL 17; this Trellis brings PostgreSQL 18/);
  expect(await readdir(dataDir)).not.toContain('postgres.lock');
});

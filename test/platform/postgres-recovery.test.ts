import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { findProcess, isRunning, listProcesses } from '../../src/platform/embedded-postgres/processes.ts';
import {
  ask,
  copyDataFolder,
  endPostgresIn,
  makeTestFolder,
  OwnerProcess,
  optionsFor,
  postmasterOf,
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
  const first = await startEmbeddedPostgres({
    ...optionsFor(path.join(pristine, 'data')),
    log: () => undefined,
  });
  await ask(first.connectionString, 'CREATE TABLE kept (n int)');
  await first.stop();
});
afterAll(() => removeTestFolder(pristine));

beforeEach(async () => {
  folder = await makeTestFolder(pristine);
  dataDir = await copyDataFolder(path.join(pristine, 'data'), path.join(folder, 'data'));
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

const cluster = () => path.join(dataDir, 'postgres');

/** A backend that computes for long and so does not notice that its postmaster or its client is gone. */
async function startBusyBackend(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid ?? 0;
  client.query('SELECT count(*) FROM generate_series(1, 300000000)').catch(() => undefined);
  const active = `SELECT state FROM pg_stat_activity WHERE pid = ${pid}`;
  await expect.poll(() => ask(url, active), { interval: 5 }).toBe('active');
  return pid;
}

async function identity(pid: number) {
  const found = await findProcess(pid);
  if (found === undefined) throw new Error(`no process ${pid}`);
  return found;
}

test('after kill -9 of the owner, the next start ends the orphan, also a busy one, and has all that was committed', async () => {
  const killed = start();
  const { url } = await killed.ready();
  await ask(url, 'INSERT INTO kept VALUES (41)');
  const orphan = await identity((await postmasterOf(cluster())).pid);
  const busy = await identity(await startBusyBackend(url));
  await killed.kill();
  expect(await isRunning(orphan)).toBe(true);

  const next = start();
  const { url: nextUrl } = await next.ready();
  expect(await ask(nextUrl, 'SELECT n FROM kept')).toBe(41);
  expect(await isRunning(orphan)).toBe(false);
  expect(await isRunning(busy)).toBe(false);
  expect(next.logged.join('\n')).toContain(`process ${orphan.pid}`);
  expect(await next.stop()).toBe(0);
});

test('after kill -9 of owner and PostgreSQL, the next start ends the backend that still computes', async () => {
  const killed = start();
  const { url } = await killed.ready();
  await ask(url, 'INSERT INTO kept VALUES (42)');
  const postmaster = await identity((await postmasterOf(cluster())).pid);
  const busy = await identity(await startBusyBackend(url));
  await killed.kill();
  process.kill(postmaster.pid, 'SIGKILL');
  expect(await isRunning(busy)).toBe(true);

  const next = start();
  const { url: nextUrl } = await next.ready();
  expect(await ask(nextUrl, 'SELECT n FROM kept')).toBe(42);
  expect(await isRunning(busy)).toBe(false);
  expect(next.logged.join('\n')).toContain('outlived');
});

test.each(['group', 'process'] as const)(
  'a first start killed in its middle (%s) is begun anew',
  async (what) => {
    dataDir = path.join(folder, 'new');
    const killed = start();
    const isInTheMiddle = async () => {
      const [unfinished] = (await readdir(dataDir).catch((): string[] => [])).filter((name) =>
        /new-\d+$/.test(name),
      );
      return (await readdir(path.join(dataDir, unfinished ?? '-')).catch((): string[] => [])).includes(
        'PG_VERSION',
      );
    };
    await expect.poll(isInTheMiddle, { interval: 1, timeout: 30_000 }).toBe(true);
    await killed.kill(what);
    expect(await readdir(dataDir)).not.toContain('postgres');

    const { url } = await start().ready();
    expect(await ask(url, 'SELECT current_database()')).toBe('trellis');
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.lock', 'postgres.log']);
  },
);

/** The shell leaves its child to `sleep`, which never collects it. */
async function makeZombie(): Promise<number> {
  const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const pid = Number(line);
  await expect.poll(async () => (await findProcess(parent.pid ?? 0))?.command).toMatch(/^sleep/);
  process.kill(pid, 'SIGKILL');
  await expect.poll(async () => (await findProcess(pid))?.zombie).toBe(true);
  return pid;
}

test("a postmaster.pid that names another program's process, or a dead one not yet collected, is no obstacle", async () => {
  const zombie = await makeZombie();
  for (const pid of [process.pid, zombie, 'no number', '']) {
    await writeFile(path.join(cluster(), 'postmaster.pid'), `${pid}\n${cluster()}\n1700000000\n5432\n\n`);
    const owner = start();
    const { url } = await owner.ready();
    expect(await ask(url, 'SELECT 1')).toBe(1);
    expect(await owner.stop()).toBe(0);
  }
});

test('a PostgreSQL killed under its running owner comes back on the same port, and is still owned', async () => {
  const owner = start();
  const { url } = await owner.ready();
  await ask(url, 'INSERT INTO kept VALUES (43)');
  const before = await postmasterOf(cluster());
  process.kill(before.pid, 'SIGKILL');

  await expect
    .poll(() => ask(url, 'SELECT n FROM kept').catch(() => 'down'), { interval: 10, timeout: 30_000 })
    .toBe(43);
  const after = await postmasterOf(cluster());
  expect(after.port).toBe(before.port);
  expect(after.pid).not.toBe(before.pid);
  expect(await start().problem()).toMatch(/already runs/);
  expect(await owner.stop()).toBe(0);
});

test('when one backend is killed, the owner keeps its lock on the PostgreSQL that resets itself', async () => {
  const owner = start();
  const { url } = await owner.ready();
  const { pid } = await postmasterOf(cluster());
  process.kill(await startBusyBackend(url), 'SIGKILL');

  const locks = () =>
    ask(url, "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'").catch(() => 'down');
  await expect.poll(locks, { interval: 10, timeout: 30_000 }).toBe(1);
  expect((await postmasterOf(cluster())).pid).toBe(pid);
  expect(await owner.stop()).toBe(0);
});

test('while another program sits on its port, PostgreSQL waits for it, says so, and then comes back', async () => {
  const owner = start();
  const { url } = await owner.ready();
  const { port } = await postmasterOf(cluster());
  const intruder = createServer();
  onTestFinished(() => void intruder.close());
  await expect.poll(() => killAndTake(port, intruder), { interval: 1, timeout: 30_000 }).toBe(true);

  await expect
    .poll(() => owner.logged.join('\n'), { timeout: 30_000 })
    .toContain(`another program uses its port ${port}`);
  intruder.close();
  await expect
    .poll(() => ask(url, 'SELECT 1').catch(() => 'down'), { interval: 20, timeout: 30_000 })
    .toBe(1);
});

/** Kills PostgreSQL if it runs, and tries to listen in its place. */
async function killAndTake(port: number, intruder: ReturnType<typeof createServer>): Promise<boolean> {
  const pid = Number(
    (await readFile(path.join(cluster(), 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
  );
  if (pid > 0 && (await findProcess(pid)) !== undefined) process.kill(pid, 'SIGKILL');
  return new Promise((resolve) => {
    intruder.once('error', () => resolve(false));
    intruder.listen(port, '127.0.0.1', () => resolve(true));
  });
}

test('a stop asked for while PostgreSQL is being brought back ends all of it', async () => {
  const owner = start();
  await owner.ready();
  process.kill((await postmasterOf(cluster())).pid, 'SIGKILL');
  expect(await owner.stop()).toBe(0);
  const left = (await listProcesses()).filter(({ command }) => command.includes(cluster()));
  expect(left).toEqual([]);
  expect(await readdir(dataDir)).not.toContain('postgres.lock');
});

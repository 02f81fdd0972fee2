import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { present } from '../../core/assert.ts';
import { randomToken } from '../../core/ids.ts';
import { StartProblem } from '../../core/start-problem.ts';
import { findProcess, isRunning } from './processes.ts';

/** Proof that this process alone may touch the folder. */
export interface FolderLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

const maxAttempts = 20;

/**
 * Takes the lock file at `path`, which says whose it is (pid and start of the process). Held from before the
 * first step of a start until the stop, so that no second start can slip in while PostgreSQL is down for a
 * moment. A lock whose holder is gone is set aside. Throws StartProblem when a living process holds it.
 */
export async function acquireFolderLock(path: string, folder: string): Promise<FolderLock> {
  const { pid, startedAt } = present(await findProcess(process.pid), 'the own process');
  const token = randomToken();
  const content = JSON.stringify({ pid, startedAt, token });
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    if (await created(path, content, token)) return { release: () => release(path, content) };
    await setAsideIfDead(path, folder, token);
  }
  throw new StartProblem(
    `Another Trellis is starting on ${folder} at this moment. Try again in a few seconds.`,
  );
}

/**
 * Makes the file only if there is none, like O_EXCL, but whole: it is written under another name and linked, so
 * that nobody can read a lock before its content is there and take it for a dead one.
 */
async function created(path: string, content: string, token: string): Promise<boolean> {
  const draft = `${path}.${token}`;
  await writeFile(draft, content, { mode: 0o644, flag: 'wx' });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function setAsideIfDead(path: string, folder: string, token: string): Promise<void> {
  const content = await contentOf(path);
  if (content === undefined) return; // released meanwhile
  const holder = parseHolder(content);
  if (holder !== undefined && (await isRunning(holder))) throw alreadyRuns(folder, holder);
  // Two starters may judge the same dead lock. What this one moved away must be what it judged, or it goes back.
  const aside = `${path}.dead-${token}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = await contentOf(aside);
  if (moved !== undefined && moved !== content) await created(path, moved, `${token}.back`);
  await rm(aside, { force: true });
}

function alreadyRuns(folder: string, holder: Holder): StartProblem {
  return new StartProblem(
    `Trellis already runs on ${folder} (process ${holder.pid}). Stop it first, or give this one another folder with TRELLIS_DATA_DIR.`,
  );
}

async function release(path: string, content: string): Promise<void> {
  if ((await contentOf(path)) === content) await rm(path, { force: true });
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    const { pid, startedAt } = JSON.parse(content) as Partial<Holder>;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined; // not written by us: nobody can hold it
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

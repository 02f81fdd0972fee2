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
 * moment. A lock whose holder is gone is replaced. Throws StartProblem when a living process holds it.
 */
export async function acquireFolderLock(path: string, folder: string): Promise<FolderLock> {
  const { pid, startedAt } = present(await findProcess(process.pid), 'the own process');
  const token = randomToken();
  const own: Own = { content: JSON.stringify({ pid, startedAt, token }), token };
  const lock = { release: () => release(path, own.content) };
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    if (await created(path, own)) return lock;
    const found = await contentOf(path);
    if (found === undefined) continue; // released meanwhile
    const holder = parseHolder(found);
    if (holder !== undefined && (await isRunning(holder))) throw alreadyRuns(folder, holder);
    if (await replacedDead(path, found, own)) return lock;
  }
  throw new StartProblem(
    `Another Trellis is starting on ${folder} at this moment. Try again in a few seconds.`,
  );
}

interface Own {
  readonly content: string;
  readonly token: string;
}

/**
 * Makes the file only if there is none, like O_EXCL, but whole: it is written under another name and linked, so
 * that nobody can read a lock before its content is there and take it for a dead one.
 */
async function created(path: string, { content, token }: Own): Promise<boolean> {
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

/**
 * Several starters may judge the same dead lock. Only whose turn it is may replace it, having looked once more, and at
 * no moment is there none: what was taken away and put back would leave a gap for a third one.
 */
async function replacedDead(path: string, dead: string, own: Own): Promise<boolean> {
  const turn = `${path}.turn`;
  if (!(await tookTurn(turn, own))) return false;
  try {
    if ((await contentOf(path)) !== dead) return false;
    const draft = `${path}.${own.token}`;
    await writeFile(draft, own.content, { mode: 0o644, flag: 'wx' });
    await rename(draft, path);
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

/** A turn is a lock like the other one: its holder may have died as well. */
async function tookTurn(turn: string, own: Own): Promise<boolean> {
  if (await created(turn, own)) return true;
  const found = await contentOf(turn);
  if (found === undefined) return false;
  const holder = parseHolder(found);
  if (holder !== undefined && (await isRunning(holder))) return false;
  return replacedDead(turn, found, own);
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

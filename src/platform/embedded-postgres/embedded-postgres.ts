import path from 'node:path';
import { StartProblem } from '../../core/start-problem.ts';
import { prepareBinaries } from './binaries.ts';
import { openCluster } from './cluster.ts';
import { acquireFolderLock, type FolderLock } from './lock.ts';
import { ensureDatabase } from './ownership.ts';
import { cannotWrite, choosePlace, isFileError, type Place, usualSystemRoot } from './place.ts';
import { choosePort, isFree } from './port.ts';
import { bringUp, type EmbeddedPostgres, type Parts, WatchedPostgres } from './watch.ts';

export type { EmbeddedPostgres } from './watch.ts';

export interface EmbeddedPostgresOptions {
  /** The server's data folder, made when missing; PostgreSQL's own is `postgres` in it. */
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** The environment's SUDO_UID: as whom PostgreSQL runs when this process is root by sudo. */
  readonly sudoUid?: string | undefined;
  /** PostgreSQL's settings on top of ours. For tests, which can do without durability. */
  readonly settings?: Readonly<Record<string, string>>;
  /** As root: where files go that PostgreSQL's user could not reach in their own place. */
  readonly systemRoot?: string;
}

const maxPortAttempts = 5;

/**
 * Starts a PostgreSQL from the npm package on the data folder, making it at the first start, and recovering from
 * whatever the last run has left (recovery.ts). From then on it is watched, and brought back on the same
 * port if it dies. Throws StartProblem for all that a person can mend, first of all: already running.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new StartProblem(
      'Trellis brings no PostgreSQL of its own on Windows. Use WSL, or set DATABASE_URL.',
    );
  }
  const { log, sudoUid, systemRoot = usualSystemRoot } = options;
  const dataDir = path.resolve(options.dataDir);
  try {
    const place = await choosePlace({ dataDir, systemRoot, sudoUid, log });
    const lock = await acquireFolderLock(path.join(place.folder, 'postgres.lock'), place.folder);
    return await startLocked(place, lock, options).catch(async (error: unknown) => {
      await lock.release();
      throw error;
    });
  } catch (error) {
    throw isFileError(error) ? cannotWrite(dataDir, error) : error;
  }
}

async function startLocked(
  place: Place,
  lock: FolderLock,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const binaries = await prepareBinaries(place);
  const cluster = await openCluster(place, binaries);
  const parts: Parts = {
    cluster,
    binaries,
    runAs: place.runAs,
    settings: options.settings ?? {},
    log: options.log,
  };
  const { port, running } = await bringUpOnFreePort(parts);
  const postgres = new WatchedPostgres({ parts, lock, port, running, folder: place.folder });
  await ensureDatabase({ port, password: cluster.password }).catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  return postgres;
}

/** Between the choice of a port and its use, another program may have taken it: then another is chosen. */
async function bringUpOnFreePort(parts: Parts) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort();
    try {
      return { port, running: await bringUp(parts, port, new AbortController().signal) };
    } catch (error) {
      if (attempt === maxPortAttempts || (await isFree(port))) throw error;
    }
  }
}

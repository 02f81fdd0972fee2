import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { StartProblem } from '../../core/start-problem.ts';
import { readPassword } from './cluster.ts';
import { serverUrl } from './ownership.ts';
import { findClusterFolder, usualSystemRoot } from './place.ts';
import { findPostmaster } from './recovery.ts';

/** The database of a Trellis that another process runs. */
export interface RunningPostgres {
  readonly connectionString: string;
  /** What a person would remove to begin anew. */
  readonly folder: string;
}

/**
 * The PostgreSQL that another process runs on the data folder, for a command beside it; nothing is made, started
 * or recovered.
 * @throws StartProblem when it is another user's
 */
export async function findRunningPostgres(
  dataDir: string,
  systemRoot = usualSystemRoot,
): Promise<RunningPostgres | undefined> {
  const folder = await findClusterFolder(path.resolve(dataDir), systemRoot);
  if (folder === undefined) return undefined;
  await access(folder, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw new StartProblem(
      `The database in ${folder} belongs to another user. Run this as the user who started Trellis.`,
      { cause },
    );
  });
  const found = await findPostmaster({ folder });
  if (found === undefined) return undefined;
  const password = await readPassword(folder);
  const connectionString = serverUrl({ port: found.pidFile.port, password });
  return { connectionString, folder: path.dirname(folder) };
}

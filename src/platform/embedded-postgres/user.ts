import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { StartProblem } from '../../core/start-problem.ts';

/** As whom PostgreSQL runs. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** Whether that is another user than this process: true only as root, because PostgreSQL refuses root. */
  readonly switched: boolean;
}

/**
 * Chooses the user for PostgreSQL: this one, or as root the owner of what is already there (`places`, first that
 * exists), else the user behind sudo, else `postgres`, else `nobody`. Throws StartProblem when that user has
 * no passwd entry, without which PostgreSQL cannot work.
 */
export async function chooseUser(places: readonly string[], sudoUid: string | undefined): Promise<RunAs> {
  const own = process.geteuid?.() ?? 0;
  if (own !== 0) return ownUser(own);
  const owner = await firstOwnerButRoot(places);
  if (owner !== undefined) {
    const user = await lookUpUser(String(owner));
    if (user === undefined) throw noPasswdEntry(owner);
    return { ...user, switched: true };
  }
  const sudoUser = /^[1-9]\d*$/.test(sudoUid ?? '') ? sudoUid : undefined;
  for (const name of [sudoUser, 'postgres', 'nobody']) {
    if (name === undefined) continue;
    const user = await lookUpUser(name);
    if (user !== undefined) return { ...user, switched: true };
  }
  throw new StartProblem(
    'PostgreSQL does not run as root, and this system has no user "postgres" or "nobody" to run it as. Start Trellis as a normal user, or set DATABASE_URL.',
  );
}

function ownUser(uid: number): RunAs {
  try {
    const { gid, username } = userInfo();
    return { uid, gid, name: username, switched: false };
  } catch {
    throw noPasswdEntry(uid); // what userInfo() throws is just that
  }
}

function noPasswdEntry(uid: number): StartProblem {
  return new StartProblem(
    `PostgreSQL cannot run as user id ${uid}, because this system has no passwd entry for it. Start Trellis as a user that has one, or set DATABASE_URL.`,
  );
}

async function firstOwnerButRoot(places: readonly string[]): Promise<number | undefined> {
  for (const place of places) {
    const found = await stat(place).catch(() => undefined);
    if (found !== undefined && found.uid !== 0) return found.uid;
  }
  return undefined;
}

/** Asks `id`, which also knows the users of directories and of macOS, that /etc/passwd does not list. */
async function lookUpUser(nameOrUid: string): Promise<Omit<RunAs, 'switched'> | undefined> {
  try {
    const { stdout } = await promisify(execFile)('id', [nameOrUid], {
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    });
    const found = /^uid=(\d+)\(([^)]+)\) gid=(\d+)/.exec(stdout);
    if (found === null) return undefined;
    const [, uid, name = nameOrUid, gid] = found;
    return { uid: Number(uid), gid: Number(gid), name };
  } catch {
    return undefined;
  }
}

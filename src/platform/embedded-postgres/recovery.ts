import { readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { StartProblem } from '../../core/start-problem.ts';
import type { Cluster } from './cluster.ts';
import { takeOwnership } from './ownership.ts';
import {
  argumentSeparator,
  findProcess,
  listProcesses,
  type RunningProcess,
  signalAll,
  waitUntilGone,
} from './processes.ts';

/** postmaster.pid: process id in line 1, port in line 4. */
interface PidFile {
  readonly pid: number;
  readonly port: number;
}

type ClusterFolder = Pick<Cluster, 'folder'>;

/** How a PostgreSQL without an owner is ended: politely, then less so, with the time that each has (ms). */
const orphanSignals = [
  ['SIGINT', 3_000],
  ['SIGQUIT', 2_000],
  ['SIGKILL', 1_000],
] as const;

/** Orphaned backends notice by themselves that their postmaster is gone, unless they are busy. */
const leftoverPatienceMs = 300;
const leftoverKillMs = 10_000;

/**
 * Makes a cluster startable again, whatever became of its last run: ends a PostgreSQL whose owner is gone (it is
 * never adopted: nobody knows its state), ends backends that outlived their postmaster, and removes a
 * postmaster.pid that names somebody else's process, on which PostgreSQL would refuse to start for ever.
 * The caller holds the folder's lock. Throws StartProblem when the PostgreSQL found has a living owner.
 */
export async function recover(cluster: Cluster, log: (line: string) => void): Promise<void> {
  const found = await findPostmaster(cluster);
  if (found !== undefined) {
    await refuseIfOwned(cluster, found.pidFile);
    log(`PostgreSQL of an earlier run still runs (process ${found.process.pid}): ending it`);
    await endOrphan(found.process);
  }
  await endLeftovers(cluster, log);
  await removeForeignPidFile(cluster);
}

/** The PostgreSQL that runs on a cluster, whoever started it, with what its postmaster.pid says. */
export async function findPostmaster(
  cluster: ClusterFolder,
): Promise<{ pidFile: PidFile; process: RunningProcess } | undefined> {
  const pidFile = await readPidFile(cluster);
  const process = pidFile === undefined ? undefined : await findProcess(pidFile.pid);
  if (pidFile === undefined || process === undefined || !isPostmaster(process, cluster)) return undefined;
  return { pidFile, process };
}

async function refuseIfOwned(cluster: Cluster, { pid, port }: PidFile): Promise<void> {
  const ownership = await takeOwnership({ port, password: cluster.password }).catch(
    () => 'unreachable' as const,
  );
  if (ownership === 'held') {
    throw new StartProblem(
      `Trellis already runs on ${path.dirname(cluster.folder)} (its PostgreSQL is process ${pid}). Stop it first, or give this one another folder with TRELLIS_DATA_DIR.`,
    );
  }
  // Unreachable is as good as ownerless: a living owner would also hold the folder's lock, which is ours.
  if (ownership !== 'unreachable') await ownership.release();
}

async function endOrphan(postmaster: RunningProcess): Promise<void> {
  for (const [signal, limitMs] of orphanSignals) {
    await signalAll([postmaster], signal);
    if ((await waitUntilGone([postmaster], limitMs)).length === 0) return;
  }
  throw new StartProblem(
    `The PostgreSQL of an earlier run (process ${postmaster.pid}) cannot be ended. End it, then start Trellis again.`,
  );
}

async function endLeftovers(cluster: Cluster, log: (line: string) => void): Promise<void> {
  const found = (await listProcesses()).filter((each) => isLeftover(each, cluster));
  const busy = await waitUntilGone(found, leftoverPatienceMs);
  if (busy.length === 0) return;
  log(`ending ${busy.length} PostgreSQL processes that outlived their server`);
  const left = await waitUntilGone(await signalAll(busy, 'SIGKILL'), leftoverKillMs);
  if (left.length === 0) return;
  throw new StartProblem(
    `PostgreSQL processes of an earlier run cannot be ended (${left.map(({ pid }) => pid).join(', ')}). End them, then start Trellis again.`,
  );
}

async function removeForeignPidFile(cluster: Cluster): Promise<void> {
  const file = pidFilePath(cluster);
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  const pid = Number(content.split('\n')[0]);
  // A number of a process that is gone PostgreSQL judges itself, and better: it also looks at the shared memory.
  const isForeign = !(pid > 0) || (await findProcess(pid)) !== undefined;
  if (isForeign) await unlink(file);
}

async function readPidFile(cluster: ClusterFolder): Promise<PidFile | undefined> {
  const content = await readFile(pidFilePath(cluster), 'utf8').catch(() => '');
  const lines = content.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

export function pidFilePath(cluster: ClusterFolder): string {
  return path.join(cluster.folder, 'postmaster.pid');
}

/** The postmaster keeps the arguments that it was started with; so does a child that has just been forked. */
function isPostmaster(found: RunningProcess, cluster: ClusterFolder): boolean {
  const start = ['/postgres', '-D', cluster.folder, '-p', ''].join(argumentSeparator);
  return !found.zombie && found.command.includes(start);
}

function isLeftover(found: RunningProcess, cluster: Cluster): boolean {
  const isTitled = found.command.startsWith(`postgres: ${cluster.name}: `);
  return !found.zombie && (isTitled || isPostmaster(found, cluster));
}

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../core/clock.ts';
import { StartProblem } from '../../core/start-problem.ts';
import type { Binaries } from './binaries.ts';
import { type Cluster, lastComplaint } from './cluster.ts';
import { pidFilePath } from './recovery.ts';
import type { RunAs } from './user.ts';

/** A PostgreSQL that this process has started. */
export interface Postmaster {
  /** Resolves when it has ended, with how: `SIGKILL` or `exit code 1`. Never rejects. */
  readonly exited: Promise<string>;
  isAlive(): boolean;
  /** Ends it in the order that keeps most: no new connections and a checkpoint first. */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly cluster: Cluster;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly port: number;
  /** On top of ours, and stronger: for tests that need no durability. */
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Replaying the log after a crash may take long; while PostgreSQL lives, it works on it. */
const readyLimitMs = 300_000;
const slowAfterMs = 5_000;
const pollMs = 5;
const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
const maxLogBytes = 5_000_000;
const stopSignals = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 1_000],
] as const;

const ourSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // A socket in a shared temporary folder could be somebody else's; all connections come by loopback.
  unix_socket_directories: '',
  max_connections: '100',
  // An acknowledged write survives a power cut, even if a line in postgresql.conf says otherwise.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off',
  log_checkpoints: 'off',
  // PostgreSQL's errors quote the values at fault, and those are people's data: the log is for its own life only.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/** Starts PostgreSQL on a cluster that `recover` has cleared; resolves when it accepts connections. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const log = await openLog(options.cluster.logFile, options.runAs);
  const child = spawnPostgres(options, log);
  const postmaster = watch(child);
  try {
    await untilReady(child, postmaster, options, log.sizeBytes);
    return postmaster;
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
}

/** In its own session, with its errors in a file: neither Ctrl-C nor the end of this process reaches it. */
function spawnPostgres(options: PostmasterOptions, log: Log): ChildProcess {
  const { cluster, binaries, runAs, port } = options;
  const settings = { ...ourSettings, ...options.settings, cluster_name: cluster.name };
  const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    return spawn(binaries.postgres, ['-D', cluster.folder, '-p', String(port), ...set], {
      cwd: cluster.folder,
      env: binaries.env,
      detached: true,
      stdio: ['ignore', 'ignore', log.fd],
      ...(runAs.switched ? { uid: runAs.uid, gid: runAs.gid } : {}),
    });
  } finally {
    closeSync(log.fd);
  }
}

interface Log {
  readonly fd: number;
  /** Where the words of earlier runs end. */
  readonly sizeBytes: number;
}

/**
 * One old log is kept beside the present one, so that together they stay small. The folder may be another user's
 * and this root: a link that he has put in the log's place is not followed.
 */
async function openLog(file: string, runAs: RunAs): Promise<Log> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  const full = size > maxLogBytes;
  if (full) await rename(file, `${file}.old`);
  const fd = openSync(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  if (runAs.switched) fchownSync(fd, runAs.uid, runAs.gid);
  return { fd, sizeBytes: full ? 0 : size };
}

function watch(child: ChildProcess): Postmaster {
  let alive = true;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message)); // it could not even be spawned
  }).finally(() => {
    alive = false;
  });
  child.unref();
  return { exited, isAlive: () => alive, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  for (const [signal, limitMs] of stopSignals) {
    child.kill(signal);
    const giveUp = new AbortController();
    const late = sleep(limitMs, 'late', { signal: giveUp.signal }).catch(() => 'ended');
    const outcome = await Promise.race([exited, late]);
    giveUp.abort();
    if (outcome !== 'late') return;
  }
}

/** The eighth line of postmaster.pid says `ready` once connections are accepted; the first, whose file it is. */
async function untilReady(
  child: ChildProcess,
  postmaster: Postmaster,
  { cluster, log, signal }: PostmasterOptions,
  logFrom: number,
): Promise<void> {
  const startedMs = monotonicMs();
  let toldSlow = false;
  while (true) {
    const lines = (await readFile(pidFilePath(cluster), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return;
    if (!postmaster.isAlive()) throw await whyItEnded(await postmaster.exited, cluster, logFrom);
    signal.throwIfAborted();
    const tookMs = monotonicMs() - startedMs;
    if (tookMs > readyLimitMs) throw doesNotStart(`it was not ready after ${readyLimitMs / 1000} s`, cluster);
    if (tookMs > slowAfterMs && !toldSlow) log('PostgreSQL is still replaying its log after a crash');
    toldSlow ||= tookMs > slowAfterMs;
    await sleep(pollMs);
  }
}

async function whyItEnded(how: string, cluster: Cluster, logFrom: number): Promise<StartProblem> {
  const log = await readFile(cluster.logFile).catch(() => Buffer.alloc(0));
  return doesNotStart(lastComplaint(log.subarray(logFrom).toString()) ?? how, cluster);
}

function doesNotStart(why: string, { logFile }: Cluster): StartProblem {
  return new StartProblem(`PostgreSQL does not start: ${why} (its log is ${logFile})`);
}

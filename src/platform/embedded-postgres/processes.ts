import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { monotonicMs } from '../../core/clock.ts';

/** A process as the system knows it. A pid is reused; a pid together with its start is not. */
export interface RunningProcess {
  readonly pid: number;
  readonly startedAt: string;
  /** Dead, but not yet collected by its parent: it runs no more and holds nothing. */
  readonly zombie: boolean;
  /** Its arguments, or the title it has given itself, joined by `argumentSeparator`. */
  readonly command: string;
}

/** Linux tells arguments apart even where they hold spaces; `ps` (macOS) does not. */
export const argumentSeparator = process.platform === 'linux' ? '\0' : ' ';

const pollMs = 5;

export async function findProcess(pid: number): Promise<RunningProcess | undefined> {
  if (process.platform === 'linux') return readProc(pid, bootId());
  return (await askPs(['-p', String(pid)]))[0];
}

export async function listProcesses(): Promise<RunningProcess[]> {
  if (process.platform !== 'linux') return askPs(['-ax']);
  const boot = bootId();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readProc(Number(pid), boot)).filter((found) => found !== undefined);
}

/** Whether this very process, and not a later one with its pid, still runs. */
export async function isRunning(known: Pick<RunningProcess, 'pid' | 'startedAt'>): Promise<boolean> {
  const found = await findProcess(known.pid);
  return found !== undefined && !found.zombie && found.startedAt === known.startedAt;
}

/** Signals each process that still runs and that this user may signal; returns those it reached. */
export async function signalAll(
  targets: readonly RunningProcess[],
  signal: NodeJS.Signals,
): Promise<RunningProcess[]> {
  const reached: RunningProcess[] = [];
  for (const target of targets) {
    if ((await isRunning(target)) && signalled(target.pid, signal)) reached.push(target);
  }
  return reached;
}

/** Waits until none of them runs, `limitMs` at most; returns those that still do. */
export async function waitUntilGone(
  targets: readonly RunningProcess[],
  limitMs: number,
): Promise<RunningProcess[]> {
  const deadline = monotonicMs() + limitMs;
  let left = [...targets];
  while (true) {
    const running = await Promise.all(left.map(isRunning));
    left = left.filter((_, index) => running[index]);
    if (left.length === 0 || monotonicMs() >= deadline) return left;
    await sleep(pollMs);
  }
}

function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // ESRCH: it has just ended; EPERM: another user's, so not one of ours
  }
}

/** Start times in /proc count from boot, so they only mean something together with the boot they count from. */
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

function readProc(pid: number, boot: string): RunningProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // proc_pid_stat(5): the name in brackets may itself hold brackets and spaces; state and start time are
    // fields 3 and 22 of the whole line, 0 and 19 after the name.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      startedAt: `${boot}:${fields[19]}`,
      zombie: fields[0] === 'Z' || fields[0] === 'X',
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    };
  } catch {
    return undefined; // ENOENT or ESRCH: it ended while we looked
  }
}

async function askPs(selection: readonly string[]): Promise<RunningProcess[]> {
  const columns = [...selection, '-ww', '-o', 'pid=,stat=,lstart=,command='];
  try {
    const { stdout } = await promisify(execFile)('ps', columns, {
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    });
    return parsePs(stdout);
  } catch {
    return []; // ps exits with 1 when it finds nothing
  }
}

/** Reads `ps -o pid=,stat=,lstart=,command=` in the C locale, as macOS and Linux print it. */
export function parsePs(output: string): RunningProcess[] {
  return output.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(.*)$/.exec(line);
    if (found === null) return [];
    const [, pid, state = '', startedAt = '', command = ''] = found;
    return [{ pid: Number(pid), startedAt, zombie: state.startsWith('Z'), command }];
  });
}

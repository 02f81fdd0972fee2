import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyWithinMs = 50_000;

/** A run of `npm start`'s command as an operator has it: a process of its own, known by what it prints. */
export interface Started {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly urls: { readonly api: string; readonly shop: string; readonly bank: string };
  readonly key: string;
  /** Ctrl-C; resolves to the exit code. */
  interrupt(): Promise<number | null>;
  /** kill -9 of the process and of everything it started. */
  killTree(): Promise<void>;
}

/**
 * A folder for what starts keep, with a name that breaks careless quoting. Others may pass through it: as root,
 * PostgreSQL's user would else be given a place in the system, which outlives the test.
 */
export async function makeStartFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "trellis' start "));
  await chmod(folder, 0o711);
  return folder;
}

/** Starts everything and waits until it says that it is ready. Rejects with what it printed when it ends before. */
export async function startEverything(dataDir: string, env: Record<string, string> = {}): Promise<Started> {
  const child = spawnStart(dataDir, env);
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${output}`)), readyWithinMs);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ctrl-C ends everything')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${output}`)));
    child.once('close', () => clearTimeout(timer));
  });
  await ready.catch((error: unknown) => {
    child.kill('SIGTERM'); // the test has nothing to end it by
    throw error;
  });
  const value = (label: string) => new RegExp(`${label} +(\\S+)`).exec(output)?.[1] ?? '';
  return {
    process: child,
    output: () => output,
    urls: { api: value('API and flow'), shop: value('Example shop'), bank: value('Sandbox bank') },
    key: value('Sandbox key'),
    interrupt: () => interrupt(child),
    killTree: async () => {
      const exited = once(child, 'exit');
      for (const pid of treeOf(child.pid ?? 0).reverse()) killIfAlive(pid);
      await exited;
    },
  };
}

/** Starts and expects it to end by itself: what it printed, and its exit code. */
export function startInVain(dataDir: string, env: Record<string, string> = {}): Promise<Ended> {
  return endOf(spawnStart(dataDir, env));
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command to its end, with nothing in its environment that is not given. */
export function runCommand(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return endOf(spawnMain(args, { ...bareEnvironment(), ...env }));
}

/** A command that stays, once it has logged `readyLine`. Rejects with what it printed when it ends before. */
export async function startCommand(
  args: readonly string[],
  env: Record<string, string>,
  readyLine: string,
): Promise<{ output: () => string; interrupt: () => Promise<number | null> }> {
  const child = spawnMain(args, { ...bareEnvironment(), ...env });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(readyLine)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
  return { output: () => output, interrupt: () => interrupt(child) };
}

/** As much as a program from source needs to run, and to find what Node has compiled before (vitest.config.ts). */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, NODE_COMPILE_CACHE };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code: code as number | null, output };
}

async function interrupt(child: ChildProcess): Promise<number | null> {
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  return code as number | null;
}

function spawnStart(dataDir: string, env: Record<string, string>): ChildProcess {
  const { DATABASE_URL: _database, ...inherited } = process.env;
  return spawnMain(['start'], { ...inherited, PORT: '0', TRELLIS_DATA_DIR: dataDir, ...env });
}

function spawnMain(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The loss of one makes others end by themselves, at times before their turn comes. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The process and its descendants, parents first. */
export function treeOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return [pid, ...children.flatMap(treeOf)];
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Where this project lies. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

const stopTimeoutMs = 5_000;

export interface NodeProcess {
  /** Arguments of `node`: its own flags, the entry, the entry's arguments. */
  readonly args: readonly string[];
  /** Added to PATH and HOME, which are all that is inherited: nobody's own settings change a measurement. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
}

/** A part of `scope`: ends by itself, or with the whole when the run is interrupted. */
export function nestedScope(scope: AsyncDisposableStack): AsyncDisposableStack {
  return scope.use(new AsyncDisposableStack());
}

/** Starts a process of this Node that ends with `scope` at the latest. */
export function startNode(scope: AsyncDisposableStack, { args, env = {}, stdio }: NodeProcess): ChildProcess {
  if (scope.disposed) throw new Error('nothing is started when the run is over');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: projectRoot,
    env: { PATH, HOME, ...env },
    stdio: stdio ?? ['ignore', 'ignore', 'inherit'],
  });
  scope.defer(() => stopProcess(child));
  return child;
}

/** Ends a process by SIGTERM, or by SIGKILL when that takes too long. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  child.kill('SIGTERM');
  await exit;
  clearTimeout(timer);
}

/** Runs a process to its end and returns what it printed. @throws Error when it fails */
export async function runNode(
  scope: AsyncDisposableStack,
  what: string,
  options: NodeProcess,
): Promise<string> {
  const child = startNode(scope, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${what} failed:\n${printed}`);
  return printed;
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port could be had');
  return address.port;
}

/** The memory that a process holds in RAM, in MB (10^6 bytes). */
export async function residentMegabytes(scope: AsyncDisposableStack, child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => undefined);
  const kibibytes = status ? /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] : await askPs(scope, child);
  return (Number(kibibytes) * 1024) / 1e6;
}

/** For systems without /proc. */
async function askPs(scope: AsyncDisposableStack, child: ChildProcess): Promise<string> {
  const ps = spawn('ps', ['-o', 'rss=', '-p', String(child.pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  scope.defer(() => stopProcess(ps));
  const [text] = (await once(ps.stdout.setEncoding('utf8'), 'data')) as [string];
  return text.trim();
}

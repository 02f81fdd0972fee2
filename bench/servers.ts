import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newMasterKey } from '../src/config.ts';
import { query } from './database.ts';
import { freePort, hasEnded, type NodeProcess, runNode, startNode } from './processes.ts';

/** What every server of a run works on. */
export interface Site {
  readonly databaseUrl: string;
  /** For logs and profiles. */
  readonly folder: string;
  readonly masterKey: string;
  readonly merchantId: string;
  readonly apiKey: string;
  /** Where the product leaves a CPU profile of each of its processes; absent for none. */
  readonly profileFolder: string | undefined;
}

export interface RunningServer {
  readonly origin: string;
  readonly process: ChildProcess;
  /** From the start of its process to the first good answer of /readyz. */
  readonly readyAfterMs: number;
}

const main = 'dist/src/main.js';
const readyTimeoutMs = 20_000;
const askAgainAfterMs = 2;

/** The product and the bare server, compiled as for production. */
export async function build(scope: AsyncDisposableStack): Promise<void> {
  for (const project of ['tsconfig.build.json', 'bench/tsconfig.json'])
    await runNode(scope, `tsc -p ${project}`, { args: ['node_modules/typescript/bin/tsc', '-p', project] });
}

/** A migrated database with one merchant and his key, made by the commands that an operator uses. */
export async function prepareSite(
  scope: AsyncDisposableStack,
  options: Pick<Site, 'databaseUrl' | 'folder' | 'profileFolder'>,
): Promise<Site> {
  const masterKey = newMasterKey();
  const env = { DATABASE_URL: options.databaseUrl, TRELLIS_MASTER_KEY: masterKey };
  await runNode(scope, 'migrate', { args: [main, 'migrate'], env });
  const wish = ['merchant', 'create', '--name', 'Bench', '--country', 'DE', '--environment', 'live'];
  const printed = await runNode(scope, 'merchant create', { args: [main, ...wish], env });
  const apiKey = /^live_([a-z0-9]+)_\S+$/m.exec(printed);
  if (!apiKey?.[1]) throw new Error(`merchant create printed no key:\n${printed}`);
  await query(options.databaseUrl, 'CREATE TABLE bench_session (LIKE data_session INCLUDING ALL)');
  return { ...options, masterKey, merchantId: apiKey[1], apiKey: apiKey[0] };
}

/** `serve` as in production; its log goes to a file, as a supervisor would keep it. */
export async function startProduct(scope: AsyncDisposableStack, site: Site): Promise<RunningServer> {
  const port = await freePort();
  const log = await open(path.join(site.folder, `serve-${port}.log`), 'w');
  scope.defer(() => log.close());
  const env = {
    ...productEnv(site),
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    // One merchant sends all: counted as always, but not refused.
    REQUESTS_PER_MINUTE: '1000000',
  };
  const args = [...profileOf(site), main, 'serve'];
  return untilReady(scope, port, { args, env, stdio: ['ignore', log.fd, 'inherit'] });
}

/**
 * `work` as in production, its log in a file. It may reach these receivers, and begins paused: SIGCONT lets it
 * go on.
 */
export async function startWorker(
  scope: AsyncDisposableStack,
  site: Site,
  webhookOrigins: readonly string[],
): Promise<ChildProcess> {
  const logFile = path.join(site.folder, `work-${await freePort()}.log`);
  const log = await open(logFile, 'w');
  scope.defer(() => log.close());
  const env = { ...productEnv(site), WEBHOOK_ORIGINS: webhookOrigins.join() };
  const args = [...profileOf(site), main, 'work'];
  const child = startNode(scope, { args, env, stdio: ['ignore', log.fd, 'inherit'] });
  // A paused process hears no SIGTERM.
  scope.defer(async () => {
    child.kill('SIGCONT');
  });
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await readFile(logFile, 'utf8')).includes('"working"')) {
    if (hasEnded(child) || performance.now() > deadline) throw new Error('the worker did not start');
    await sleep(askAgainAfterMs);
  }
  child.kill('SIGSTOP');
  return child;
}

function profileOf({ profileFolder }: Site): string[] {
  return profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
}

function productEnv(site: Site): Record<string, string> {
  return {
    PUBLIC_URL: 'http://127.0.0.1:3000',
    DATABASE_URL: site.databaseUrl,
    TRELLIS_MASTER_KEY: site.masterKey,
  };
}

export async function startBareServer(scope: AsyncDisposableStack, site: Site): Promise<RunningServer> {
  const port = await freePort();
  const env = { DATABASE_URL: site.databaseUrl, PORT: String(port), MERCHANT_ID: site.merchantId };
  return untilReady(scope, port, { args: ['dist/bench/bare-server.js'], env });
}

/** Starts a server and asks for /readyz until it is. @throws Error when it ends or takes too long */
export async function untilReady(
  scope: AsyncDisposableStack,
  port: number,
  options: NodeProcess,
): Promise<RunningServer> {
  const started = performance.now();
  const child = startNode(scope, options);
  const origin = `http://127.0.0.1:${port}`;
  await untilAnswers(child, `${origin}/readyz`);
  return { origin, process: child, readyAfterMs: performance.now() - started };
}

/** Asks until the answer is 200. @throws Error when the process behind it ends or takes too long */
export async function untilAnswers(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await isReady(url))) {
    const what = child.spawnargs.slice(1).join(' ');
    if (hasEnded(child)) throw new Error(`${what} ended before ${url} answered`);
    if (performance.now() > deadline) throw new Error(`${what} did not answer ${url} in time`);
    await sleep(askAgainAfterMs);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const request = get(url, { agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

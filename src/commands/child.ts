import { type ChildProcess, fork } from 'node:child_process';
import { StartProblem } from '../core/start-problem.ts';

export interface Child {
  stop(): Promise<void>;
}

interface ChildMessage {
  readonly ready?: true;
  readonly problem?: string;
  /** What the child wants to be told. */
  readonly ask?: string;
}

/** By what the child asks, the message that answers it. */
export type Answers = Readonly<Record<string, () => Promise<object>>>;

/** What to start, and what a person calls it: `the example shop`. */
export interface Part {
  readonly name: string;
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly answers?: Answers;
}

/** How a process ended: by itself with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const readyTimeoutMs = 20_000;
const stopTimeoutMs = 3_000;

/**
 * Starts a part that runs as a process of its own, and waits until it says over IPC that it listens. The
 * child ends when the channel closes, which it does even when this process is killed.
 * @throws StartProblem with the child's own sentence
 */
export async function startChild(part: Part, onExit: (ending: Ending) => void): Promise<Child> {
  const child = fork(part.entry, part.args, {
    env: part.env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { answers = {} } = part;
  child.on(
    'message',
    ({ ask }: ChildMessage) => void answer(child, ask === undefined ? undefined : answers[ask]),
  );
  await untilReady(child, part.name);
  let stopping = false;
  child.on('exit', (code, signal) => {
    if (!stopping) onExit({ code, signal });
  });
  return {
    stop: () => {
      stopping = true;
      return stopChild(child);
    },
  };
}

function untilReady(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new StartProblem(`${name} did not start in time.`));
    }, readyTimeoutMs);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new StartProblem(`${name} ended while it started (${signal ?? `exit code ${code}`}).`));
    });
    child.on('message', (message: ChildMessage) => {
      if (message.ask !== undefined) return;
      clearTimeout(timer);
      if (message.ready) resolve();
      else reject(new StartProblem(message.problem ?? `${name} did not start.`));
    });
  });
}

/** A question that cannot be answered now the child gives up by itself, and asks again. */
async function answer(child: ChildProcess, read: (() => Promise<object>) | undefined): Promise<void> {
  const message = await read?.().catch(() => undefined);
  if (message && child.connected) child.send(message, () => undefined);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    if (child.connected) child.disconnect();
    else child.kill('SIGTERM');
  });
}

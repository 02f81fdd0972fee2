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

const readyTimeoutMs = 20_000;
const stopTimeoutMs = 3_000;

/**
 * Starts a part that runs as a process of its own, and waits until it says over IPC that it listens. The
 * child ends when the channel closes, which it does even when this process is killed.
 * @throws StartProblem with the child's own sentence
 */
export async function startChild(
  entry: string,
  args: string[],
  env: Record<string, string>,
  onExit: (code: number | null) => void,
  answers: Answers = {},
): Promise<Child> {
  const child = fork(entry, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.on(
    'message',
    ({ ask }: ChildMessage) => void answer(child, ask === undefined ? undefined : answers[ask]),
  );
  await untilReady(child);
  let stopping = false;
  child.on('exit', (code) => {
    if (!stopping) onExit(code);
  });
  return {
    stop: () => {
      stopping = true;
      return stopChild(child);
    },
  };
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new StartProblem('A part of Trellis did not start in time.'));
    }, readyTimeoutMs);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new StartProblem(`A part of Trellis ended while it started (exit code ${code}).`));
    });
    child.on('message', (message: ChildMessage) => {
      if (message.ask !== undefined) return;
      clearTimeout(timer);
      if (message.ready) resolve();
      else reject(new StartProblem(message.problem ?? 'A part of Trellis did not start.'));
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

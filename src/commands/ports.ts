import { StartProblem } from '../core/start-problem.ts';
import { choosePort } from '../platform/embedded-postgres/port.ts';

/**
 * The port itself, or for 0 one that is free now and none of `others`: addresses have to be known before anything
 * listens. It is not one that the system gives to outgoing connections, which come and go meanwhile.
 */
export async function settledPort(port: number, others: readonly number[] = []): Promise<number> {
  if (port !== 0) return port;
  const chosen = await choosePort();
  return others.includes(chosen) ? settledPort(port, others) : chosen;
}

/** Listens, or says in one sentence which variable names the taken port. */
export async function listenOrExplain<T>(
  variable: string,
  port: number,
  listen: () => Promise<T>,
): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw portProblem(variable, port, error) ?? error;
  }
}

/** The sentence for a port that cannot be had; undefined for any other failure. */
export function portProblem(variable: string, port: number, error: unknown): StartProblem | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new StartProblem(`Port ${port} is in use. Stop what uses it, or set ${variable} to a free port.`);
  if (code === 'EACCES')
    return new StartProblem(`Port ${port} may not be used by this user. Set ${variable} to another port.`);
  return undefined;
}

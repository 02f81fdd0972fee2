import { createServer } from 'node:net';
import { StartProblem } from '../core/start-problem.ts';

/** The port itself, or for 0 one that is free now: addresses have to be known before anything listens. */
export async function settledPort(port: number): Promise<number> {
  if (port !== 0) return port;
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
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

import { createServer } from 'node:net';
import { randomFraction } from '../../core/ids.ts';

/**
 * Below the ports that systems give to outgoing connections (32768 and up): otherwise, while PostgreSQL is down for
 * a moment, a pool that dials its port again and again can be given that very port as its own end, connect to
 * itself, and keep PostgreSQL from ever listening there again.
 */
const lowestPort = 20_000;
const highestPort = 32_000;
const maxAttempts = 100;

/** A port of the loopback address on which nobody listens now. */
export async function choosePort(): Promise<number> {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const port = lowestPort + Math.floor(randomFraction() * (highestPort - lowestPort));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${lowestPort} and ${highestPort}`);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

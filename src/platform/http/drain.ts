import type { Socket } from 'node:net';
import type { HttpServer } from './server.ts';

/** Long enough for a request that has just been sent to be read. */
const silentAfterMs = 500;
/** A kept connection is busy until its answer is sent, and nobody says when it is idle. */
const lookForIdleEveryMs = 100;

/**
 * How the server is closed: it accepts no more, requests in flight are answered, and after `cutAfterMs` what
 * is left is cut off. Connections on which nothing was ever said, as browsers open in advance, are no reason
 * to wait; Node takes them for busy ones. Call it before the server listens.
 */
export function drainOf(server: HttpServer, cutAfterMs: number): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return async () => {
    const cut = setTimeout(() => server.server.closeAllConnections(), cutAfterMs);
    const cutSilent = setTimeout(() => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, silentAfterMs);
    const closeIdle = setInterval(() => server.server.closeIdleConnections(), lookForIdleEveryMs);
    try {
      await server.close();
      // It waits for those that it accepted itself, and not for those of localhost's second address.
      await Promise.all([...sockets].map(closed));
    } finally {
      clearTimeout(cut);
      clearTimeout(cutSilent);
      clearInterval(closeIdle);
    }
  };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

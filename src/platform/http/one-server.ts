import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Told to listen on `localhost`, Fastify starts a second server for its second address (::1), which has none of the
 * handlers and limits of the first. From here on what connects there is taken by the first server, so that there is
 * one. Closing waits for its connections too (`drainOf`).
 */
export function serveAsOne(server: FastifyInstance): void {
  server.addHook('onListen', async () => {
    for (const other of otherServersOf(server)) {
      other.removeAllListeners('connection');
      other.on('connection', (socket: Socket) => server.server.emit('connection', socket));
    }
  });
}

/** Fastify has no public name for them; the test of this would notice if the private one changed. */
function otherServersOf(server: FastifyInstance): Server[] {
  const name = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'fastify.serverBindings',
  );
  const bindings = name && (server as unknown as Record<symbol, Server[]>)[name];
  return (bindings ?? []).filter((other) => other !== server.server);
}

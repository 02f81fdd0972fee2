import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach } from 'vitest';
import { createOutbound, type Outbound } from '../../src/platform/outbound/outbound.ts';

const open: (() => Promise<void>)[] = [];

/** Ends every server and sender of a test, before its end where it wants them gone. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0)) await close();
}

/** Has each test of the file begin without the servers of another. */
export function closeAfterEach(): void {
  afterEach(closeAll);
}

async function listening(server: Server | TcpServer): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

export async function httpServer(
  answer: (request: IncomingMessage, reply: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  const origin = await listening(server);
  open.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return origin;
}

/** A server that is free to break HTTP. `ended` resolves when a connection is gone. */
export async function rawServer(onSocket: (socket: Socket) => void) {
  const seen = { connections: 0, ended: Promise.withResolvers<void>() };
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    seen.connections += 1;
    socket.on('error', () => {});
    socket.on('close', () => seen.ended.resolve());
    onSocket(socket);
  });
  const origin = await listening(server);
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { origin, seen };
}

export function outbound(): Outbound {
  const made = createOutbound({ allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [] });
  open.push(() => made.close());
  return made;
}

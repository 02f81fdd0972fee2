import dns from 'node:dns';
import { type AddressInfo, connect, createServer } from 'node:net';
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import { drainOf } from '../../src/platform/http/drain.ts';
import { createHttpServer } from '../../src/platform/http/server.ts';

/** What is sent to an address of this machine, and what it answers until it closes. */
function send(host: string, port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(0, host, () => probe.close(() => resolve(true)));
  });
}

const isThere = await canListen('::1').then(async (isV6) =>
  isV6 ? '::1' : (await canListen('127.0.0.2')) && '127.0.0.2',
);

test.skipIf(!isThere)('the second address of localhost is served as the first', async () => {
  const second = String(isThere);
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: second, family: second.includes(':') ? 6 : 4 },
  ];
  const lookup = dns.lookup;
  const spied = vi
    .spyOn(dns, 'lookup')
    .mockImplementation(((name: string, options: dns.LookupAllOptions, tell: Tell) =>
      name === 'localhost' && options.all
        ? tell(null, addresses)
        : lookup(name, options, tell)) as typeof lookup);
  const server = await createHttpServer({
    logger: pino({ level: 'silent' }),
    errorDocsUrl: 'https://docs.example',
    trustedProxies: [],
  });
  const drain = drainOf(server, 5_000);
  const begun = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  server.get('/slow', async () => {
    begun.resolve();
    await slow.promise;
    return { done: true };
  });
  await server.listen({ host: 'localhost', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  expect(server.addresses()).toHaveLength(2);
  for (const host of ['127.0.0.1', second]) {
    expect(await send(host, port, 'no HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*x-request-id:/i);
    const expectation = 'GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-foo\r\nConnection: close\r\n\r\n';
    expect(await send(host, port, expectation)).toMatch(/^HTTP\/1\.1 417 [\s\S]*x-request-id:/i);
  }
  // A request in flight there is waited for, as one here is.
  const answer = send(second, port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await begun.promise;
  let closed = false;
  const closing = drain().then(() => {
    closed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(false);
  slow.resolve();
  expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*{"done":true}/);
  await closing;
  spied.mockRestore();
});

type Tell = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void;

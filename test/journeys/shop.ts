import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The merchant's own site, as far as the flow meets it: the page that users come back to. */
export interface Shop {
  readonly returnUrl: string;
  /** The queries that users came back with, in order. */
  readonly returns: readonly URLSearchParams[];
  close(): Promise<void>;
}

export async function startShop(): Promise<Shop> {
  const returns: URLSearchParams[] = [];
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop');
    if (url.pathname === '/back') returns.push(url.searchParams);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end('<!doctype html><title>Shop</title><h1>Welcome back to the shop</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    returnUrl: `http://127.0.0.1:${port}/back?basket=7`,
    returns,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

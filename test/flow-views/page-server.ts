import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { assets } from '../../src/flow/views/assets.ts';
import { accentStylesheet } from '../../src/flow/views/theme-css.ts';

/** What the flow's pages live under: nothing inline, nothing from elsewhere. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export interface PageRequest {
  readonly method: string;
  readonly url: URL;
  /** Of a form's POST. */
  readonly form: URLSearchParams;
}

/** The page's HTML, or another answer; `undefined` is 404. */
export type PageAnswer =
  | string
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | undefined;

export interface PageServer {
  readonly requests: PageRequest[];
  address(): Promise<string>;
}

/** Serves pages and the flow's assets as the routes will, for the tests of one file; closed after the last one. */
export function openPageServer(answer: (request: PageRequest) => PageAnswer): PageServer {
  const requests: PageRequest[] = [];
  const server = createServer((request, response) => {
    void read(request).then((page) => {
      const asset = assetFor(page.url.pathname);
      if (asset !== undefined) return response.setHeader('content-type', asset.contentType).end(asset.body);
      requests.push(page);
      return send(response, answer(page));
    });
  });
  const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    requests,
    async address() {
      await listening;
      return `http://localhost:${(server.address() as AddressInfo).port}`;
    },
  };
}

async function read(request: IncomingMessage): Promise<PageRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  return { method: request.method ?? '', url, form: new URLSearchParams(Buffer.concat(chunks).toString()) };
}

function assetFor(path: string): { contentType: string; body: string } | undefined {
  const accent = /^\/flow\/assets\/accent-([0-9a-f]{6})\.css$/.exec(path)?.[1];
  if (accent !== undefined) return { contentType: 'text/css', body: accentStylesheet(accent) };
  return assets.find((asset) => asset.path === path);
}

function send(response: ServerResponse, answer: PageAnswer): void {
  if (typeof answer === 'string') {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
    };
    response.writeHead(200, headers).end(answer);
    return;
  }
  response.writeHead(answer?.status ?? 404, answer?.headers).end();
}

import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

const files: Readonly<Record<string, { type: string; content: Buffer }>> = {
  '/public/shop.css': { type: 'text/css; charset=utf-8', content: read('shop.css') },
  '/public/live.js': { type: 'text/javascript; charset=utf-8', content: read('live.js') },
  '/public/juniper.svg': { type: 'image/svg+xml', content: read('juniper.svg') },
};

export function sendPublicFile(_request: IncomingMessage, response: ServerResponse, url: URL): void {
  const file = files[url.pathname];
  response
    .writeHead(file ? 200 : 404, {
      'content-type': file?.type ?? 'text/plain',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    })
    .end(file?.content);
}

function read(name: string): Buffer {
  return readFileSync(new URL(`public/${name}`, import.meta.url));
}

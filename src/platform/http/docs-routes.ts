import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type ApiDocument, ErrorsPage, ReferencePage } from './docs-page.tsx';
import { docsStylesheet } from './docs-stylesheet.ts';
import type { HttpServer } from './server.ts';

const stylesheet = '/docs/style.css';
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** A readable reference at `/docs` and the errors' explanations, without any third-party request. */
export function docsRoutes(server: HttpServer): void {
  server.get('/', async (_request, reply) => reply.redirect('/docs', 302));
  server.get('/docs', async (_request, reply) => {
    const document = server.swagger() as unknown as ApiDocument;
    return reply.headers(headers).send(page(renderToString(h(ReferencePage, { document, stylesheet }))));
  });
  server.get('/docs/errors', async (_request, reply) =>
    reply.headers(headers).send(page(renderToString(h(ErrorsPage, { stylesheet })))),
  );
  server.get(stylesheet, async (_request, reply) =>
    reply
      .type('text/css; charset=utf-8')
      .header('cache-control', 'public, max-age=3600')
      .send(docsStylesheet),
  );
}

function page(html: string): string {
  return `<!doctype html>${html}`;
}

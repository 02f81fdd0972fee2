import type { FastifyInstance } from 'fastify';
import { stop } from './arrival-routes.tsx';
import { sendPage } from './page.ts';
import { textsIn } from './texts/in-language.ts';
import { IndexView } from './views/index-view.tsx';
import { stylesheet, stylesheetPath } from './views/stylesheet.ts';

/** What anyone may see: the list of banks, the stylesheet, and the page for addresses that lead nowhere. */
export function publicRoutes(app: FastifyInstance): void {
  app.get('/', async (_request, reply) => sendPage(reply, <IndexView texts={textsIn('en')} />));
  app.get(stylesheetPath, async (_request, reply) => {
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff');
    return reply.type('text/css; charset=utf-8').send(stylesheet);
  });
  app.setNotFoundHandler((request, reply) => stop(request, reply, undefined, 'notFound', 404));
}

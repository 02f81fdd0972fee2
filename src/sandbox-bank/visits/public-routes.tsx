import type { FastifyError, FastifyInstance } from 'fastify';
import { bankOf } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { stop } from './arrival-routes.tsx';
import { sendPage } from './page.ts';
import { textsIn } from './texts/in-language.ts';
import { IndexView } from './views/index-view.tsx';
import { stylesheet, stylesheetPath } from './views/stylesheet.ts';

/** What anyone may see: the list of banks, the stylesheet, and the pages for what leads nowhere or fails. */
export function publicRoutes(app: FastifyInstance, sandbox: Sandbox): void {
  app.get('/', async (_request, reply) => sendPage(reply, <IndexView texts={textsIn('en')} />));
  app.get(stylesheetPath, async (_request, reply) => {
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff');
    return reply.type('text/css; charset=utf-8').send(stylesheet);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if ((error.statusCode ?? 500) < 500)
      return stop(request, reply, bankOf(request), 'notFound', error.statusCode ?? 400);
    sandbox.reportFailure(error);
    return stop(request, reply, bankOf(request), 'failed', 500);
  });
  app.setNotFoundHandler((request, reply) => stop(request, reply, undefined, 'notFound', 404));
}

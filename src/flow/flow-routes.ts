import cookies from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../core/errors.ts';
import { toApiError } from '../platform/http/error-reply.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { assetRoutes } from './asset-routes.ts';
import { acceptedEncoding, compress } from './compression.ts';
import { flowCookies } from './cookies.ts';
import type { FlowDeps } from './flow.ts';
import { faultPage, unknownLinkPage } from './flow-page.ts';
import { pageHeaders } from './page-headers.ts';
import { languageOf, pageRoutes } from './page-routes.ts';

const maxFormBytes = 8 * 1024;
const defaultRequestsPerMinute = 600;
const minuteMs = 60_000;
/** Below this a compressed page is no smaller. */
const minCompressedBytes = 500;

/** The hosted flow below `/flow`: pages, their files and the banks' callback. No API key, and never JSON. */
export async function flowRoutes(server: HttpServer, deps: FlowDeps): Promise<void> {
  await server.register(
    async (scope) => {
      const flow = scope as HttpServer;
      await flow.register(cookies);
      await flow.register(formbody, { bodyLimit: maxFormBytes });
      flow.addHook('onRequest', async (_request, reply) => {
        reply.headers(pageHeaders);
      });
      limitRequests(flow, deps.requestsPerMinute ?? defaultRequestsPerMinute);
      flow.addHook('onSend', compressPage);
      answerFaults(flow, deps);
      pageRoutes(flow, deps);
      await assetRoutes(flow, deps);
    },
    { prefix: '/flow' },
  );
}

function limitRequests(flow: HttpServer, requestsPerMinute: number): void {
  const count = flow.createRateLimit({ max: requestsPerMinute, timeWindow: minuteMs });
  flow.addHook('onRequest', async (request) => {
    // Files are the same for everybody, kept by the browser, and made once.
    if (request.routeOptions.url?.startsWith('/flow/assets/')) return;
    const limit = await count(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    throw new ApiError('TOO_MANY_REQUESTS', 'too many requests of the flow', {
      retryAfterSeconds: limit.ttlInSeconds,
    });
  });
}

async function compressPage(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (typeof payload !== 'string' || payload.length < minCompressedBytes) return payload;
  reply.header('vary', 'accept-encoding');
  const encoding = acceptedEncoding(request.headers['accept-encoding']);
  if (!encoding) return payload;
  reply.header('content-encoding', encoding);
  return compress(payload, encoding, 'page');
}

/** Whatever goes wrong is a page in the reader's language that says what to do next. */
function answerFaults(flow: HttpServer, deps: FlowDeps): void {
  const { language } = flowCookies(deps.publicUrl);
  flow.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type('text/html; charset=utf-8')
      .send(unknownLinkPage(languageOf(request, language))),
  );
  flow.setErrorHandler((thrown, request, reply) => {
    const error = toApiError(thrown);
    if (error.status >= 500) request.log.error({ err: error }, 'request failed');
    const { retryAfterSeconds } = error.details;
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    const fault = { fault: faultOf(error), requestId: request.id };
    reply
      .code(error.status)
      .type('text/html; charset=utf-8')
      .send(faultPage(languageOf(request, language), { ...fault, ...retryOf(request) }));
  });
}

function faultOf(error: ApiError): Parameters<typeof faultPage>[1]['fault'] {
  if (error.status === 429)
    return { kind: 'too-many', retryAfterSeconds: error.details.retryAfterSeconds ?? 60 };
  return { kind: error.status >= 500 ? 'unexpected' : 'forbidden' };
}

/** A page that was asked for by GET is safe to ask for again; of a form, the page that it was in. */
function retryOf(request: FastifyRequest): { retryUrl?: string } {
  if (request.method === 'GET') return { retryUrl: request.url };
  const [path = '', query = ''] = request.url.split('?');
  const page = path.slice(0, path.lastIndexOf('/'));
  return page === '/flow' ? {} : { retryUrl: query === '' ? page : `${page}?${query}` };
}

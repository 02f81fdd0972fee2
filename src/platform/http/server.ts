import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { systemClock } from '../../core/clock.ts';
import { ApiError } from '../../core/errors.ts';
import { uuidv7 } from '../../core/ids.ts';
import type { Logger } from '../telemetry/logger.ts';
import { answerExpectation, answerTunnel, answerUnreadable } from './client-error.ts';
import { replyWithError } from './error-reply.ts';
import { acceptStrictJson } from './json-body.ts';
import { serveAsOne } from './one-server.ts';
import { expectedKeyword } from './validation.ts';

/** A server whose route schemas give the types of its handlers. */
export type HttpServer = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface HttpOptions {
  readonly logger: Logger;
  /** Where error answers point: the page that explains each code. */
  readonly errorDocsUrl: string;
  /** Addresses of proxies whose X-Forwarded-For is believed; empty means none. */
  readonly trustedProxies: readonly string[];
}

const maxBodyBytes = 64 * 1024;
const maxUrlParamLength = 500;
const requestTimeoutMs = 30_000;
const headersTimeoutMs = 10_000;
/** Node looks for what is too late only so often: a limit holds to within this much. */
const lookForLateEveryMs = 500;
const keepAliveTimeoutMs = 72_000;
const legacyPrefix = '/api/service';

/**
 * The HTTP server with everything that all routes share: request ids, strict JSON, types never coerced, one
 * error shape, one log line a request (route pattern, never the URL), and the vendor's `/api/service` prefix.
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const server: HttpServer = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => uuidv7(systemClock.now()),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: lookForLateEveryMs,
      // Checked below: Node's own answer would be empty.
      requireHostHeader: false,
    },
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: maxUrlParamLength },
    rewriteUrl: (request) => withoutPrefix(request.url ?? '/'),
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        verbose: true,
        keywords: [expectedKeyword],
      },
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, options.errorDocsUrl),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      replyWithError(error, request, reply, options.errorDocsUrl);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  server.server.on('checkExpectation', (_request, response) =>
    answerExpectation(response, options.errorDocsUrl),
  );
  server.server.on('connect', (_request, socket) => answerTunnel(socket, options.errorDocsUrl));
  serveAsOne(server);
  acceptStrictJson(server);
  await server.register(rateLimit, { global: false, enableDraftSpec: true });
  server.setErrorHandler((error, request, reply) =>
    replyWithError(error, request, reply, options.errorDocsUrl),
  );
  server.setNotFoundHandler((request, reply) =>
    replyWithError(notFound(server, request), request, reply, options.errorDocsUrl),
  );
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' });
    refuseUnservable(request);
  });
  server.addHook('onResponse', logRequest);
  return server;
}

/** What no route could serve, whoever asks. */
function refuseUnservable({ headers, raw }: FastifyRequest): void {
  // RFC 9112 section 3.2
  if (headers.host === undefined && raw.httpVersion === '1.1')
    throw new ApiError('VALIDATION', 'The Host header is required.', { param: 'Host' });
  const coding = headers['content-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'identity') return;
  const message = 'Send the body as it is: Content-Encoding is not supported.';
  throw new ApiError('VALIDATION', message, { status: 415, param: 'Content-Encoding' });
}

/** The vendor's clients call every route below this prefix; the seed writes them without it. */
function withoutPrefix(url: string): string {
  return url.startsWith(`${legacyPrefix}/`) ? url.slice(legacyPrefix.length) : url;
}

function notFound(server: HttpServer, request: FastifyRequest): ApiError {
  const path = request.url.split('?')[0] ?? '/';
  const allowed = (['GET', 'POST'] as const).filter((method) => server.findRoute({ method, url: path }));
  if (allowed.length === 0) return new ApiError('NOT_FOUND', 'There is no such route.');
  return new ApiError('NOT_FOUND', `This route takes ${allowed.join(' or ')}.`, {
    status: 405,
    allow: allowed.join(', '),
  });
}

async function logRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

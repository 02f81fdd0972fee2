import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { assert } from '../../core/assert.ts';
import { ApiError } from '../../core/errors.ts';

/**
 * Tells who sends a request. Runs before the body is read. Must take the same time for a wrong id and a
 * wrong secret, and must throw `UNAUTHENTICATED` for both in the same words.
 */
export interface Authenticator<Principal> {
  authenticate(headers: IncomingHttpHeaders): Promise<Principal>;
  /** What requests are counted by. */
  rateLimitKey(principal: Principal): string;
}

const principals = new WeakMap<FastifyRequest, unknown>();
const minuteMs = 60_000;
const failuresPerMinute = 300;

/**
 * Every route of this server and below needs a principal from here on, and is counted by it. Failed
 * attempts are counted by address, so that guessing keys ends in 429.
 */
export function requirePrincipal<Principal>(
  server: FastifyInstance,
  authenticator: Authenticator<Principal>,
  requestsPerMinute: number,
): void {
  const countFailure = server.createRateLimit({ max: failuresPerMinute, timeWindow: minuteMs });
  server.addHook('onRequest', async (request) => {
    try {
      principals.set(request, await authenticator.authenticate(request.headers));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error;
      const limit = await countFailure(request);
      if (!limit.isAllowed && limit.isExceeded) throw tooManyRequests(limit.ttlInSeconds);
      throw error;
    }
  });
  server.addHook(
    'onRequest',
    server.rateLimit({
      max: requestsPerMinute,
      timeWindow: minuteMs,
      keyGenerator: (request) => authenticator.rateLimitKey(principalOf<Principal>(request)),
      errorResponseBuilder: (_request, context) => tooManyRequests(Math.ceil(context.ttl / 1000)),
    }),
  );
}

/** Who sent this request; only behind `requirePrincipal`. */
export function principalOf<Principal>(request: FastifyRequest): Principal {
  assert(principals.has(request), 'the route is behind requirePrincipal');
  return principals.get(request) as Principal;
}

function tooManyRequests(retryAfterSeconds: number): ApiError {
  return new ApiError('TOO_MANY_REQUESTS', 'Too many requests. Wait as long as Retry-After says.', {
    retryAfterSeconds,
  });
}

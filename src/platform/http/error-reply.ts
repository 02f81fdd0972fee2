import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ApiError, errorCatalogue, publicCode } from '../../core/errors.ts';
import { describeFault } from './validation.ts';

/** The one shape of every error: names that old and new clients of the seed's vendor read, side by side. */
export const errorSchema = Type.Object(
  {
    message: Type.String({ description: 'What is wrong and what to do, for people.' }),
    category: Type.String(),
    code: Type.String(),
    param: Type.Optional(Type.String({ description: 'The field at fault, e.g. `permissions[1]`.' })),
    docUrl: Type.String(),
    devMessage: Type.String(),
    statusCode: Type.Integer(),
    data: Type.Record(Type.String(), Type.String()),
  },
  { $id: 'Error', description: 'Every error of the API.' },
);

/** For route schemas: the answers that every route of the merchant API can give. */
const errorReference = Type.Unsafe<unknown>(Type.Ref('Error'));
export const errorResponses = { '4xx': errorReference, '5xx': errorReference };

/** A client retries 408, 409, 429 and 5xx by itself and sleeps as told; above this it had better not. */
const longestUsefulWaitSeconds = 30;

/** Turns whatever was thrown into an ApiError; what is not known becomes a 500 that tells nothing. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isFastifyError(error)) {
    if (error.validation?.[0]) return describeFault(error.validation[0], error.validationContext);
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      return new ApiError('VALIDATION', 'The body is larger than 64 KiB.', { status: 413 });
    if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
      return new ApiError('VALIDATION', 'Send the body as application/json.', { status: 415 });
    if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
      return new ApiError('VALIDATION', 'The request could not be read.', { internal: error });
  }
  if (isUnstorable(error))
    return new ApiError('VALIDATION', 'The request has a value that cannot be stored.', { internal: error });
  if (isDatabaseAway(error))
    return new ApiError('SERVICE_UNAVAILABLE', 'The database cannot be reached. Try again shortly.', {
      retryAfterSeconds: 2,
      internal: error,
    });
  return new ApiError(
    'INTERNAL_SERVER_ERROR',
    'Something failed on our side. Look whether it was done before you send it again.',
    {
      internal: error,
    },
  );
}

/** Sends the flat error with its headers, and logs what the caller must not see. */
export function replyWithError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  docsUrl: string,
): void {
  const apiError = toApiError(error);
  if (apiError.status >= 500) request.log.error({ err: apiError }, 'request failed');
  const { retryAfterSeconds } = apiError.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (apiError.code === 'TOO_MANY_REQUESTS' && !reply.hasHeader('ratelimit-remaining'))
    reply.headers({ 'ratelimit-remaining': '0', 'ratelimit-reset': String(retryAfterSeconds ?? 60) });
  if (!worthRetrying(apiError)) reply.header('x-should-retry', 'false');
  if (apiError.details.allow) reply.header('allow', apiError.details.allow);
  reply
    .code(apiError.status)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(errorBody(apiError, docsUrl));
}

/** The flat object of an error, as it is sent and as an idempotent replay stores it. */
export function errorBody(error: ApiError, docsUrl: string): Record<string, unknown> {
  const code = publicCode(error.code);
  return {
    message: error.message,
    category: errorCatalogue[error.code].category,
    code,
    ...(error.details.param === undefined ? {} : { param: error.details.param }),
    docUrl: `${docsUrl}#${code.toLowerCase()}`,
    devMessage: error.message,
    statusCode: error.status,
    data: error.details.data ?? {},
  };
}

function worthRetrying(error: ApiError): boolean {
  if (error.status >= 500) return true;
  const waitSeconds = error.details.retryAfterSeconds ?? 0;
  return errorCatalogue[error.code].retryable && waitSeconds <= longestUsefulWaitSeconds;
}

const lostConnection = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FST_');
}

/** Data exceptions (SQLSTATE class 22): text or a number that PostgreSQL does not take. */
function isUnstorable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^22[0-9A-Z]{3}$/.test(String(error.code));
}

/**
 * Connection refused or cut, server shutting down or starting, too many clients, a statement that took too long,
 * two that waited for each other (SQLSTATE classes 08, 53, 57 and 40): the same request may work later.
 */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (/^(?:08|40|53|57)[0-9A-Z]{3}$/.test(code)) return true;
  if (lostConnection.has(code)) return true;
  return /timeout exceeded when trying to connect|Connection terminated|connection error and is not queryable/.test(
    error.message,
  );
}

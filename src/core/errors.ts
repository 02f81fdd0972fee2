/**
 * The one catalogue of errors that a merchant's backend can meet: code, HTTP status, category, and whether
 * sending the same request again can help. The words of the API contract, old and new client field names alike.
 */
export const errorCatalogue = {
  VALIDATION: { status: 400, category: 'invalid_request_error', retryable: false },
  UNAUTHENTICATED: { status: 401, category: 'invalid_request_error', retryable: false },
  AUTHORIZATION: { status: 403, category: 'invalid_request_error', retryable: false },
  NOT_FOUND: { status: 404, category: 'invalid_request_error', retryable: false },
  CONFLICT: { status: 409, category: 'invalid_request_error', retryable: false },
  IDEMPOTENCY: { status: 409, category: 'idempotency_error', retryable: false },
  LOCKED: { status: 409, category: 'idempotency_error', retryable: true },
  TOO_MANY_REQUESTS: { status: 429, category: 'rate_limiting', retryable: true },
  REQUEST_FAILED: { status: 502, category: 'api_error', retryable: true },
  INTERNAL_SERVER_ERROR: { status: 500, category: 'api_error', retryable: true },
  SERVICE_UNAVAILABLE: { status: 503, category: 'api_error', retryable: true },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

export interface ApiErrorDetails {
  /** The field at fault, as `customer.email` or `permissions[1]`. */
  readonly param?: string;
  /** What the caller may know besides the message, such as the id of the thing that is in the way. */
  readonly data?: Readonly<Record<string, string>>;
  /** Another HTTP status of the same family: 413 and 415 for VALIDATION, 405 for NOT_FOUND. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** With 405: the methods that the route takes. */
  readonly allow?: string;
  /** For the log only; never part of an answer. */
  readonly internal?: unknown;
}

/** What the answer says as `code`: a key used for two different requests is a CONFLICT of its own category. */
export function publicCode(code: ErrorCode): string {
  return code === 'IDEMPOTENCY' ? 'CONFLICT' : code;
}

/**
 * A failure that the caller is told about. `message` is public: it says what is wrong and what to do, and
 * never holds bank data, SQL, or a hint that another merchant's thing exists.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly details: ApiErrorDetails;

  constructor(code: ErrorCode, message: string, details: ApiErrorDetails = {}) {
    super(message, details.internal === undefined ? undefined : { cause: details.internal });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? errorCatalogue[this.code].status;
  }
}

/** A request that can never succeed as it is; `param` names the field. */
export function invalid(param: string, message: string): ApiError {
  return new ApiError('VALIDATION', message, { param });
}

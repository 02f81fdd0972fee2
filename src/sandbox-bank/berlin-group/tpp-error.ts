import type { Links } from './operation.ts';

/** The AIS message codes of the standard with their HTTP status (implementation guidelines, section 14.11). */
const statuses = {
  FORMAT_ERROR: 400,
  PARAMETER_NOT_CONSISTENT: 400,
  PARAMETER_NOT_SUPPORTED: 400,
  PERIOD_INVALID: 400,
  // Of ING alone.
  REQUESTED_BALANCES_INVALID: 400,
  REQUESTED_CURRENCY_INVALID: 400,
  TIMESTAMP_INVALID: 400,
  SESSIONS_NOT_SUPPORTED: 400,
  RESOURCE_BLOCKED: 400,
  SCA_METHOD_UNKNOWN: 400,
  SCA_INVALID: 400,
  PSU_CREDENTIALS_INVALID: 401,
  ROLE_INVALID: 401,
  CERTIFICATE_MISSING: 401,
  CERTIFICATE_INVALID: 401,
  CERTIFICATE_EXPIRED: 401,
  SIGNATURE_MISSING: 401,
  SIGNATURE_INVALID: 401,
  CONSENT_INVALID: 401,
  CONSENT_EXPIRED: 401,
  TOKEN_UNKNOWN: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  CONSENT_UNKNOWN: 403,
  RESOURCE_UNKNOWN: 404,
  SERVICE_INVALID: 405,
  REQUESTED_FORMATS_INVALID: 406,
  STATUS_INVALID: 409,
  ACCESS_EXCEEDED: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
} as const;

export type MessageCode = keyof typeof statuses;

export interface TppErrorDetails {
  /** The field or header at fault. */
  readonly path?: string;
  /** Where the standard gives the code another status: CONSENT_UNKNOWN is 400 when it stands in a header. */
  readonly status?: number;
  /** Ways on from here, as the standard's errors may have them. */
  readonly links?: Links;
}

/** A refusal in the standard's words. `text` is for the TPP's engineer and never repeats what was sent. */
export class TppError extends Error {
  override readonly name = 'TppError';
  readonly code: MessageCode;
  readonly details: TppErrorDetails;

  constructor(code: MessageCode, text: string, details: TppErrorDetails = {}) {
    super(text);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? statuses[this.code];
  }

  get body() {
    const { path, links } = this.details;
    return {
      tppMessages: [
        { category: 'ERROR', code: this.code, ...(path !== undefined && { path }), text: this.message },
      ],
      ...(links !== undefined && { _links: links }),
    };
  }
}

export function formatError(path: string, text: string): TppError {
  return new TppError('FORMAT_ERROR', text, { path });
}

import { BankFailure, type BankFailureKind } from '../../banking/failure.ts';
import { OutboundFailure, type OutboundReason } from '../../platform/outbound/failure.ts';
import { isObject, type JsonObject, objectsOf, parseJson, textOf } from './json.ts';

/** What a bank answered, as far as its translation needs it. */
export interface BankAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** What was asked; links of the answer resolve against it. */
  readonly url: string;
}

export interface TranslationContext {
  /** For the operator, without ids: `create consent`. */
  readonly operation: string;
  /** False before there is a consent: then asking the user to connect again would help nobody. */
  readonly underConsent: boolean;
  readonly now: Date;
  readonly maxRetryAfterMs: number;
  /** When the bank's day ends, and its count of unattended calls with it. */
  readonly endOfBankDay: Date;
}

/**
 * The standard's codes (OpenAPI 1.3.12, `MessageCode*_AIS`) and OAuth's (RFC 6749 section 5.2) by
 * what to do next. They are a closed list on purpose: only these words ever leave this file, since a bank
 * may put anything into a code.
 */
const kindOfCode: Readonly<Record<string, BankFailureKind>> = {
  CONSENT_INVALID: 'user-must-act',
  CONSENT_EXPIRED: 'user-must-act',
  CONSENT_UNKNOWN: 'user-must-act',
  TOKEN_UNKNOWN: 'user-must-act',
  TOKEN_INVALID: 'user-must-act',
  TOKEN_EXPIRED: 'user-must-act',
  PSU_CREDENTIALS_INVALID: 'user-must-act',
  SCA_INVALID: 'user-must-act',
  invalid_grant: 'user-must-act',
  invalid_token: 'user-must-act',

  ACCESS_EXCEEDED: 'retry-later',
  INTERNAL_SERVER_ERROR: 'retry-later',
  SERVICE_UNAVAILABLE: 'retry-later',
  temporarily_unavailable: 'retry-later',
  server_error: 'retry-later',

  SERVICE_BLOCKED: 'bank-refused',
  RESOURCE_UNKNOWN: 'bank-refused',
  RESOURCE_EXPIRED: 'bank-refused',
  RESOURCE_BLOCKED: 'bank-refused',
  STATUS_INVALID: 'bank-refused',

  CERTIFICATE_INVALID: 'operator-fault',
  CERTIFICATE_EXPIRED: 'operator-fault',
  CERTIFICATE_BLOCKED: 'operator-fault',
  CERTIFICATE_REVOKE: 'operator-fault',
  CERTIFICATE_REVOKED: 'operator-fault',
  CERTIFICATE_MISSING: 'operator-fault',
  SIGNATURE_INVALID: 'operator-fault',
  SIGNATURE_MISSING: 'operator-fault',
  ROLE_INVALID: 'operator-fault',
  // A clock that is wrong is the operator's to set.
  TIMESTAMP_INVALID: 'operator-fault',
  CORPORATE_ID_INVALID: 'operator-fault',
  invalid_client: 'operator-fault',
  unauthorized_client: 'operator-fault',

  FORMAT_ERROR: 'our-bug',
  PARAMETER_NOT_CONSISTENT: 'our-bug',
  PARAMETER_NOT_SUPPORTED: 'our-bug',
  SERVICE_INVALID: 'our-bug',
  PERIOD_INVALID: 'our-bug',
  SCA_METHOD_UNKNOWN: 'our-bug',
  SESSIONS_NOT_SUPPORTED: 'our-bug',
  REQUESTED_FORMATS_INVALID: 'our-bug',
  invalid_request: 'our-bug',
  invalid_scope: 'our-bug',
  unsupported_grant_type: 'our-bug',
  unsupported_response_type: 'our-bug',
};

/** The kind of a known code; undefined for any other text. */
export function kindOf(code: string): BankFailureKind | undefined {
  return Object.hasOwn(kindOfCode, code) ? kindOfCode[code] : undefined;
}

/**
 * The known codes of an error answer: `tppMessages`, RFC 7807 with `code` and `additionalErrors`, or an
 * OAuth error. Warnings are not errors. A page of a gateway has none.
 */
export function codesOf(answer: Pick<BankAnswer, 'body'>): readonly string[] {
  const json = jsonOrUndefined(answer.body);
  if (!isObject(json)) return [];
  const messages = objectsOf(json.tppMessages).filter((message) => textOf(message, 'category') !== 'WARNING');
  const codes = [json, ...messages, ...objectsOf(json.additionalErrors)].map((each) => textOf(each, 'code'));
  return [...codes, textOf(json, 'error')].filter(
    (code) => code !== undefined && kindOf(code) !== undefined,
  ) as string[];
}

/** What the bank says in the form of the standard (`tppMessages`). A page of a gateway says nothing. */
export function messagesIn({ body }: Pick<BankAnswer, 'body'>): readonly JsonObject[] {
  const json = jsonOrUndefined(body);
  return isObject(json) ? objectsOf(json.tppMessages) : [];
}

/** True for an error in the form of the standard, whatever its codes: by the bank, and by no gateway before it. */
export function hasMessages({ body }: Pick<BankAnswer, 'body'>): boolean {
  const json = jsonOrUndefined(body);
  return isObject(json) && Array.isArray(json.tppMessages);
}

/** An answer that is not what was asked for, as a failure. Nothing of the bank's own words is kept. */
export function refusal(answer: BankAnswer, context: TranslationContext): BankFailure {
  const [code] = codesOf(answer);
  const kind = kindOfRefusal(answer.status, code, context.underConsent);
  const retryAfterMs = kind === 'retry-later' ? waitOf(answer, code, context) : undefined;
  return new BankFailure(
    kind,
    `${context.operation}: the bank answered ${answer.status} ${code ?? ''}`.trimEnd(),
    {
      httpStatus: answer.status,
      ...(code !== undefined && { bankCode: code }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  );
}

/** An answer with a good status whose content cannot be used: mostly a maintenance page; it passes. */
export function unreadable(operation: string, what: string, httpStatus?: number): BankFailure {
  return new BankFailure(
    'retry-later',
    `${operation}: ${what}`,
    httpStatus === undefined ? {} : { httpStatus },
  );
}

/** Data that cannot be read as the standard has it, and will not be another time: nothing of them is left out. */
export function unreadableRow(operation: string, what: string): BankFailure {
  return new BankFailure('bank-refused', `${operation}: a row has no readable ${what}`);
}

/** Whether the same call may go well later, by the status alone. */
export function passes(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

function kindOfRefusal(status: number, code: string | undefined, underConsent: boolean): BankFailureKind {
  const named = code === undefined ? undefined : kindOf(code);
  if (passes(status)) return 'retry-later';
  // Whatever the code says of the resource: this consent does not open it, another one may.
  const denied = status === 403 && (named === undefined || code?.startsWith('RESOURCE_'));
  const kind = denied || (status === 401 && named === undefined) ? 'user-must-act' : named;
  if (kind === 'user-must-act') return underConsent ? kind : 'operator-fault';
  return kind ?? (status < 400 ? 'operator-fault' : 'our-bug');
}

/** `Retry-After` in seconds or as a date; for a used-up daily budget else the bank's midnight. Bounded. */
function waitOf(
  answer: BankAnswer,
  code: string | undefined,
  context: TranslationContext,
): number | undefined {
  const header = answer.headers['retry-after']?.trim() ?? '';
  const dated = header.endsWith('GMT') ? Date.parse(header) - context.now.getTime() : Number.NaN;
  const asked = /^\d+$/.test(header) ? Number(header) * 1_000 : dated;
  const untilMidnight = context.endOfBankDay.getTime() - context.now.getTime();
  const waitMs = Number.isNaN(asked) && code === 'ACCESS_EXCEEDED' ? untilMidnight : asked;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), context.maxRetryAfterMs);
}

const kindOfReason: Readonly<Record<OutboundReason, BankFailureKind>> = {
  'refused-address': 'operator-fault',
  dns: 'retry-later',
  connect: 'retry-later',
  tls: 'retry-later',
  timeout: 'retry-later',
  reset: 'retry-later',
  'bad-answer': 'retry-later',
  'too-large': 'bank-refused',
};

/** No answer at all. */
export function transportFailure(operation: string, thrown: unknown): BankFailure {
  if (!(thrown instanceof OutboundFailure)) {
    return new BankFailure('our-bug', `${operation}: the call could not be made`, { cause: thrown });
  }
  const fault = thrown.reason === 'tls' ? certificateFault(thrown.code ?? '') : undefined;
  const kind = fault === undefined ? kindOfReason[thrown.reason] : 'operator-fault';
  return new BankFailure(kind, `${operation}: ${fault ?? thrown.reason}`, { cause: thrown });
}

/** RFC 8446 section 6.2, by what banks really send when they do not like a client's certificate. */
const refusedAlert =
  /ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/;

/**
 * What is wrong with a certificate, in words: only the operator can tell whether it is the bank's turn or his. Other
 * TLS faults, such as a handshake that breaks off, pass. A TLS alert is the bank's word about ours.
 */
function certificateFault(code: string): string | undefined {
  if (refusedAlert.test(code)) return 'the bank refused our certificate';
  if (code.includes('ALERT') && !code.endsWith('INTERNAL_ERROR'))
    return 'the bank refused the TLS connection';
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate of the bank has expired';
  if (code === 'CERT_NOT_YET_VALID') return 'the certificate of the bank is not valid yet';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH')
    return 'the certificate of the bank is for another name';
  if (
    /^(DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_|^INVALID_CA$|^CERT_(UNTRUSTED|SIGNATURE_FAILURE)$/.test(code)
  )
    return 'the certificate of the bank is of no authority that is trusted here';
  return /^(CERT_|CRL_|INVALID_PURPOSE$)/.test(code) ? 'the certificate of the bank is not good' : undefined;
}

function jsonOrUndefined(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

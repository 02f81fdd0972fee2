import type { PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Clock } from '../../core/clock.ts';
import { uuidv7 } from '../../core/ids.ts';
import { withoutMapping } from '../../platform/outbound/address.ts';
import type { Identity } from '../../platform/outbound/identity.ts';
import type { Outbound, OutboundRequest } from '../../platform/outbound/outbound.ts';
import { endOfLocalDate, localDate } from './calendar.ts';
import { type BankAnswer, refusal, transportFailure, unreadable } from './errors.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { isBankUrl } from './links.ts';
import type { Profile } from './profiles.ts';
import { sealHeaders } from './signature.ts';

export interface Limits {
  /** One call, everything included. */
  readonly timeoutMs: number;
  /** The courtesy of ending a consent that nobody will use: never worth keeping a person waiting. */
  readonly cleanUpTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxAccounts: number;
  /** Of one account. */
  readonly maxBalances: number;
  /**
   * One answer with transactions: banks that know no pages send a whole history at once. All of it in JSON, which can
   * only be read whole; the wait for each piece of it in XML or text.
   */
  readonly reportTimeoutMs: number;
  /** Of JSON: with what is made of it, it takes seven times as much memory (docs/banks.md). */
  readonly maxReportBytes: number;
  /** What is read while it comes takes no memory, but time, ours to keep it included. */
  readonly streamedReportTimeoutMs: number;
  readonly maxStreamedReportBytes: number;
  /** Of one account's report: more than any bank gives, and an end to links that never end. */
  readonly maxPages: number;
  readonly maxTransactions: number;
  /** Until a page other than the first is asked for a second time. */
  readonly pageRetryAfterMs: number;
  readonly maxRetryAfterMs: number;
  /** Banks lag: a consent may still read `received` a moment after its user came back. */
  readonly statusPollEveryMs: number;
  readonly statusPollForMs: number;
  /** Between two questions whether the user has acted in his bank's app: at first, and at most. */
  readonly appPollAfterMs: number;
  readonly maxAppPollAfterMs: number;
  /** How long he may take for it; banks wait for five minutes or less. */
  readonly appWaitMs: number;
  /** Of a photoTAN, before its encoding. */
  readonly maxImageBytes: number;
}

export const defaultLimits: Limits = {
  timeoutMs: 15_000,
  cleanUpTimeoutMs: 3_000,
  maxBodyBytes: 4 * 1_024 * 1_024,
  maxAccounts: 1_000,
  maxBalances: 1_000,
  reportTimeoutMs: 60_000,
  maxReportBytes: 24 * 1_024 * 1_024,
  streamedReportTimeoutMs: 15 * 60_000,
  maxStreamedReportBytes: 512 * 1_024 * 1_024,
  maxPages: 20_000,
  maxTransactions: 500_000,
  pageRetryAfterMs: 500,
  maxRetryAfterMs: 24 * 3_600_000,
  statusPollEveryMs: 300,
  statusPollForMs: 4_000,
  appPollAfterMs: 2_000,
  maxAppPollAfterMs: 10_000,
  appWaitMs: 5 * 60_000,
  maxImageBytes: 300_000,
};

/** Everything that a call to one bank needs. */
export interface Connection {
  readonly profile: Profile;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Who we are at the bank: the organisation identifier of our certificate (PSD2 registration number). */
  readonly clientId: string;
  /** Whose certificates go with every call, and which seal its messages. */
  readonly identity?: Identity;
  /** Under which name the user knows us, for the bank's own records. */
  readonly brandName?: string;
}

export interface BankCall {
  /** For the operator's log, without ids: `create consent`. */
  readonly operation: string;
  readonly method: OutboundRequest['method'];
  readonly url: string;
  readonly psu: PsuContext | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly accessToken?: string | undefined;
  /** What the bank knows the key of the seal by, if not by its certificate. */
  readonly keyId?: string | undefined;
  /** Exactly one type: some banks answer 406 to any list of types. JSON, if absent. */
  readonly accept?: string;
  readonly timeoutMs?: number;
  readonly maxBodyBytes?: number;
}

export interface JsonAnswer extends BankAnswer {
  readonly json: JsonObject;
}

/** One call of the XS2A interface: the headers of every call, and the bank's answer whatever its status. */
export async function callBank(connection: Connection, call: BankCall): Promise<BankAnswer> {
  return sendToBank(connection, call.operation, await sealedRequest(connection, call));
}

/** The call as it goes out: sealed where the bank demands that; OAuth's own endpoints take no seals. */
export async function sealedRequest(connection: Connection, call: BankCall): Promise<OutboundRequest> {
  const { profile, identity, limits } = connection;
  const request: OutboundRequest = {
    method: call.method,
    url: call.url,
    timeoutMs: call.timeoutMs ?? limits.timeoutMs,
    maxBodyBytes: call.maxBodyBytes ?? limits.maxBodyBytes,
    headers: {
      ...headersOfEveryCall(connection, call),
      ...psuHeaders(profile, call.psu),
      ...call.headers,
    },
    ...(call.json !== undefined && { body: JSON.stringify(call.json) }),
    ...(identity && { identity }),
  };
  if (profile.signing === 'none' || identity?.seal === undefined) return request;
  const seal = await sealHeaders(request, identity.seal, profile.signedHeaders, call.keyId);
  return { ...request, headers: { ...request.headers, ...seal } };
}

/**
 * The one door to a bank, OAuth endpoints included.
 * @throws BankFailure for a URL that is not the bank's, and where no answer came
 */
export function sendToBank(
  connection: Connection,
  operation: string,
  request: Omit<OutboundRequest, 'maxBodyBytes'> & { readonly maxBodyBytes?: number },
): Promise<BankAnswer> {
  return atBank(connection, operation, request.url, async () => {
    const answer = await connection.outbound.send({
      ...request,
      ...(connection.identity && { identity: connection.identity }),
      maxBodyBytes: request.maxBodyBytes ?? connection.limits.maxBodyBytes,
    });
    return { status: answer.status, headers: answer.headers, body: answer.body, url: request.url };
  });
}

/**
 * What is asked at this URL, in our words where it goes wrong.
 * @throws BankFailure for a URL that is not the bank's, and where no answer came
 */
export async function atBank<A>(
  { profile }: Connection,
  operation: string,
  url: string,
  ask: () => Promise<A>,
): Promise<A> {
  if (!isBankUrl(profile, url)) {
    throw new BankFailure('operator-fault', `${operation}: the URL is not one of the bank's`);
  }
  try {
    return await ask();
  } catch (thrown) {
    throw transportFailure(operation, thrown);
  }
}

/**
 * The answer's JSON object, if the call succeeded.
 * @throws BankFailure for any status but 2xx, and for an answer that is not JSON
 */
export function jsonOf(
  connection: Connection,
  operation: string,
  answer: BankAnswer,
  underConsent: boolean,
): JsonAnswer {
  if (answer.status < 200 || answer.status > 299)
    throw failureOf(connection, operation, answer, underConsent);
  return jsonIn(operation, answer);
}

/**
 * The JSON object of a good answer.
 * @throws BankFailure for an answer that is not JSON
 */
export function jsonIn(operation: string, answer: BankAnswer): JsonAnswer {
  const type = answer.headers['content-type'] ?? 'application/json';
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw unreadable(operation, 'the answer is not JSON', answer.status);
  }
  return { ...answer, json: parsedObject(operation, answer) };
}

export function failureOf(
  connection: Connection,
  operation: string,
  answer: BankAnswer,
  underConsent: boolean,
): BankFailure {
  const now = connection.clock.now();
  const { timeZone } = connection.profile;
  const endOfBankDay = endOfLocalDate(localDate(now, timeZone), timeZone);
  const { maxRetryAfterMs } = connection.limits;
  return refusal(answer, { operation, underConsent, now, maxRetryAfterMs, endOfBankDay });
}

function parsedObject(operation: string, answer: BankAnswer): JsonObject {
  try {
    const value = parseJson(answer.body);
    if (isObject(value)) return value;
  } catch {
    // The parser quotes what it stumbled over, which may be anybody's name: nothing of it goes on.
  }
  throw unreadable(operation, 'the answer is not a JSON object', answer.status);
}

function headersOfEveryCall(connection: Connection, call: BankCall): Record<string, string> {
  const now = connection.clock.now();
  const own = Object.entries(connection.profile.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    ...Object.fromEntries(own),
    accept: call.accept ?? 'application/json',
    'x-request-id': uuidv7(now),
    ...(call.json !== undefined && { 'content-type': 'application/json' }),
    ...(call.accessToken !== undefined && {
      [connection.profile.bearerHeader]: `Bearer ${call.accessToken}`,
    }),
    ...(connection.profile.dateHeader && { date: now.toUTCString() }),
  };
}

/** Present if and only if the user asked for this very call; without them the bank counts it as unattended. */
function psuHeaders({ absentPsuIpAddress }: Profile, psu: PsuContext | null): Record<string, string> {
  if (psu === null) return headerIfAny('psu-ip-address', absentPsuIpAddress);
  return {
    'psu-ip-address': psuIpAddress(psu.ipAddress),
    ...headerIfAny('psu-user-agent', psu.userAgent),
    ...headerIfAny('psu-accept-language', psu.acceptLanguage),
    // Some banks go by this one for what they have the user told (`psuMessage`, challenges).
    ...headerIfAny('accept-language', psu.acceptLanguage),
  };
}

/** The standard's format is IPv4: a mapped IPv4 address goes as itself; a real IPv6 one goes as it is. */
function psuIpAddress(address: string): string {
  return address === '::1' ? '127.0.0.1' : withoutMapping(address);
}

const maxHeaderLength = 512;

/** Text of a browser or an operator as a header's value: what cannot travel in one is left out. */
export function headerIfAny(name: string, text: string | undefined): Record<string, string> {
  const value = (text ?? '')
    .replace(/[^\x20-\x7e]+/g, '')
    .trim()
    .slice(0, maxHeaderLength);
  return value === '' ? {} : { [name]: value };
}

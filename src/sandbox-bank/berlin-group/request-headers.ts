import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import type { ReturnAddresses } from '../consents/consent.ts';
import { limits } from '../limits.ts';
import { headerText, isReturnAddress } from '../request-parts.ts';
import { weightedRanges } from '../weighted-ranges.ts';
import { formatError, TppError } from './tpp-error.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** X-Request-ID if it is one: mandatory on every call, and echoed. */
export function requestIdOf(request: FastifyRequest): string | undefined {
  const value = headerText(request, 'x-request-id');
  return value !== undefined && uuid.test(value) ? value : undefined;
}

/** What holds for every call: a request id, and an answer of a type that the caller takes. */
export function checkEveryCall(request: FastifyRequest, bank: Bank | undefined, contentType: string): void {
  if (requestIdOf(request) === undefined)
    throw formatError('X-Request-ID', 'A UUID is expected in this header.');
  const accept = headerText(request, 'accept') ?? '*/*';
  const isFine = bank?.deviations.onlyPlainAccept ? accept === contentType : accepts(accept, contentType);
  if (!isFine) {
    throw new TppError('REQUESTED_FORMATS_INVALID', `This bank answers ${contentType} here.`, {
      path: 'Accept',
    });
  }
}

/** RFC 9110 section 12.5.1; a weight of zero refuses. */
function accepts(header: string, contentType: string): boolean {
  const [type] = contentType.split('/');
  const fitting = ['*/*', `${type}/*`, contentType];
  return weightedRanges(header).some(({ range, weight }) => weight !== 0 && fitting.includes(range));
}

/**
 * PSU-IP-Address: there if and only if the PSU asked for this very call.
 * @returns whether the PSU is present
 */
export function psuIsPresent(request: FastifyRequest): boolean {
  const address = request.headers['psu-ip-address'];
  if (address === undefined) return false;
  if (typeof address !== 'string' || isIP(address) === 0) {
    throw formatError('PSU-IP-Address', 'An IP address is expected in this header.');
  }
  return true;
}

/** TPP-Redirect-URI, mandatory where the PSU is redirected, and TPP-Nok-Redirect-URI. */
export function returnAddresses(request: FastifyRequest): ReturnAddresses | undefined {
  const redirectUri = uriHeader(request, 'TPP-Redirect-URI');
  const nokRedirectUri = uriHeader(request, 'TPP-Nok-Redirect-URI');
  if (redirectUri === undefined) return undefined;
  return { redirectUri, ...(nokRedirectUri !== undefined && { nokRedirectUri }) };
}

/** A header of `true` or `false`; undefined where it is missing. */
export function booleanHeader(request: FastifyRequest, name: string): boolean | undefined {
  const value = headerText(request, name.toLowerCase());
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false')
    throw formatError(name, 'true or false is expected in this header.');
  return value === 'true';
}

/** TPP-Brand-Logging-Information, for the PSU to read; cut, and without control characters. */
export function brandOf(request: FastifyRequest): string | undefined {
  const text = headerText(request, 'tpp-brand-logging-information')
    ?.replaceAll(/\p{Cc}/gu, '')
    .trim();
  return text === undefined || text === '' ? undefined : text.slice(0, limits.maxHeaderTextLength);
}

function uriHeader(request: FastifyRequest, name: string): string | undefined {
  const value = headerText(request, name.toLowerCase());
  if (value === undefined) return undefined;
  if (!isReturnAddress(value))
    throw formatError(name, 'An absolute http or https address is expected in this header.');
  return value;
}

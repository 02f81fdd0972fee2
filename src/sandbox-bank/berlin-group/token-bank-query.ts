import type { FastifyRequest } from 'fastify';
import { localDate } from '../clock.ts';
import { queryOf, queryText } from '../request-parts.ts';
import type { Call } from './operation.ts';
import { periodIn, type ReportRequest } from './report-request.ts';
import { formatError, TppError } from './tpp-error.ts';

const balanceTypes = ['closingBooked', 'interimAvailable', 'interimBooked', 'nonInvoiced'];
const maxLimit = 1_000;

/** Refuses every parameter that the call does not know: some of the standard's too, such as bookingStatus. */
export function checkQuery(request: FastifyRequest, known: readonly string[]): void {
  const unknown = Object.keys(queryOf(request)).find((name) => !known.includes(name));
  if (unknown !== undefined) throw formatError(unknown.slice(0, 40), 'This parameter is unknown here.');
}

/** By their names, with commas between them; undefined where none is named, which means all. */
export function askedBalances(request: FastifyRequest): readonly string[] | undefined {
  if (queryOf(request).balanceTypes === undefined) return undefined;
  const asked = (queryText(request, 'balanceTypes') ?? '').split(',');
  if (asked.every((type) => balanceTypes.includes(type))) return asked;
  throw new TppError('REQUESTED_BALANCES_INVALID', 'There is no such balance.', { path: 'balanceTypes' });
}

/** Booked and pending rows alike. */
export function askedRows({ request, bank, sandbox }: Call): ReportRequest {
  const limit = limitIn(request);
  return {
    booked: true,
    pending: true,
    ...periodIn(request, bank, localDate(sandbox.clock.now(), bank.timeZone)),
    ...(limit !== undefined && { limit }),
  };
}

function limitIn(request: FastifyRequest): number | undefined {
  const { limit } = queryOf(request);
  if (limit === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(String(limit)) && Number(limit) <= maxLimit) return Number(limit);
  throw formatError('limit', `A number up to ${maxLimit} is expected here.`);
}

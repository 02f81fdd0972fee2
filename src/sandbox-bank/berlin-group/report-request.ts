import type { FastifyRequest } from 'fastify';
import { isCalendarDate } from '../clock.ts';
import { type Fields, oneOfAt } from './fields.ts';
import { formatError, TppError } from './tpp-error.ts';

/** Which transactions a call of the report asks for. */
export interface ReportRequest {
  readonly booked: boolean;
  readonly pending: boolean;
  readonly dateFrom: string;
  readonly dateTo: string;
  /** The last row of the page before, by its id. */
  readonly after?: string;
}

/** The query of GET .../transactions; `today` is the bank's. */
export function parseReportRequest(request: FastifyRequest, today: string): ReportRequest {
  const query = queryOf(request);
  const status = oneOfAt(query.bookingStatus, 'bookingStatus', [
    'booked',
    'pending',
    'both',
    'information',
    'all',
  ]);
  if (status === 'information' || status === 'all') throw unsupported('bookingStatus');
  for (const name of ['deltaList', 'entryReferenceFrom'])
    if (query[name] !== undefined) throw unsupported(name);
  const dateFrom = dateIn(query, 'dateFrom');
  const dateTo = query.dateTo === undefined ? today : dateIn(query, 'dateTo');
  if (dateFrom > dateTo || dateFrom > today)
    throw new TppError('PERIOD_INVALID', 'The period holds no day.', { path: 'dateFrom' });
  return {
    booked: status !== 'pending',
    pending: status !== 'booked',
    dateFrom,
    dateTo: dateTo < today ? dateTo : today,
    ...(query.page !== undefined && { after: positionIn(query.page) }),
  };
}

/** True for a page that a `next` link led to: the report that it belongs to is counted already. */
export function isFurtherPage(request: FastifyRequest): boolean {
  return queryOf(request).page !== undefined;
}

/** The part of a link that leads to the page after the row with this id. Opaque to the TPP. */
export function pageParameter(id: string): string {
  return Buffer.from(JSON.stringify({ after: id })).toString('base64url');
}

/** `withBalance` of the account calls. */
export function asksForBalances(request: FastifyRequest): boolean {
  const { withBalance } = queryOf(request);
  return withBalance !== undefined && oneOfAt(withBalance, 'withBalance', ['true', 'false']) === 'true';
}

function positionIn(page: unknown): string {
  try {
    const position: unknown = JSON.parse(Buffer.from(String(page), 'base64url').toString('utf8'));
    const after: unknown =
      typeof position === 'object' && position !== null && 'after' in position && position.after;
    if (typeof after === 'string') return after;
  } catch {
    // Falls through: no page of ours.
  }
  throw formatError('page', 'No link of this bank has led here.');
}

function dateIn(query: Fields, name: string): string {
  const value = query[name];
  if (typeof value !== 'string' || !isCalendarDate(value))
    throw formatError(name, 'A calendar date as YYYY-MM-DD is expected.');
  return value;
}

function unsupported(name: string): TppError {
  return new TppError('PARAMETER_NOT_SUPPORTED', 'This bank does not support it.', { path: name });
}

function queryOf({ query }: FastifyRequest): Fields {
  return typeof query === 'object' && query !== null ? Object.fromEntries(Object.entries(query)) : {};
}

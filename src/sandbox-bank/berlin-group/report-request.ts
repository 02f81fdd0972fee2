import type { FastifyRequest } from 'fastify';
import { queryOf } from '../request-parts.ts';
import { dateAt, oneOfAt } from './fields.ts';
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

const bookingStatuses = ['booked', 'pending', 'both', 'information', 'all'] as const;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The query of GET .../transactions; `today` is the bank's. */
export function parseReportRequest(request: FastifyRequest, today: string): ReportRequest {
  const query = queryOf(request);
  const status = oneOfAt(query.bookingStatus, 'bookingStatus', bookingStatuses);
  if (status === 'information' || status === 'all') throw unsupported('bookingStatus');
  if (query.deltaList !== undefined) throw unsupported('deltaList');
  if (query.entryReferenceFrom !== undefined) throw unsupported('entryReferenceFrom');
  const dateFrom = dateAt(query, 'dateFrom');
  const dateTo = query.dateTo === undefined ? today : dateAt(query, 'dateTo');
  if (dateFrom > dateTo || dateFrom > today) {
    throw new TppError('PERIOD_INVALID', 'The period holds no day.', { path: 'dateFrom' });
  }
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
  return Buffer.from(id).toString('base64url');
}

/** `withBalance` of the account calls. */
export function asksForBalances(request: FastifyRequest): boolean {
  const { withBalance } = queryOf(request);
  return withBalance !== undefined && oneOfAt(withBalance, 'withBalance', ['true', 'false']) === 'true';
}

function positionIn(page: unknown): string {
  const id = Buffer.from(String(page), 'base64url').toString('utf8');
  if (!uuid.test(id)) throw formatError('page', 'No link of this bank has led here.');
  return id;
}

function unsupported(name: string): TppError {
  return new TppError('PARAMETER_NOT_SUPPORTED', 'This bank does not support it.', { path: name });
}

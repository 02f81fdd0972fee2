import type { FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { addDays, isCalendarDate } from '../clock.ts';
import { queryOf } from '../request-parts.ts';
import { dateAt, oneOfAt } from './fields.ts';
import { formatError, TppError } from './tpp-error.ts';

/** Which transactions a call of the report asks for. */
export interface ReportRequest {
  readonly booked: boolean;
  readonly pending: boolean;
  readonly dateFrom: string;
  readonly dateTo: string;
  /** Where the page before ended. */
  readonly after?: Position;
  /** Rows on a page, at most, if not as many as the bank likes. */
  readonly limit?: number;
}

/** A place in a report: behind this row, in this direction. */
export interface Position {
  readonly day: string;
  readonly id: string;
  readonly order: Order;
}

export type Order = 'newestFirst' | 'oldestFirst';

const bookingStatuses = ['booked', 'pending', 'both', 'information', 'all'] as const;
const position = /^([no])(\d{4}-\d{2}-\d{2}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The query of GET .../transactions; `today` is the bank's. */
export function parseReportRequest(request: FastifyRequest, bank: Bank, today: string): ReportRequest {
  const query = queryOf(request);
  const status = oneOfAt(query.bookingStatus, 'bookingStatus', bookingStatuses);
  if (status === 'information' || status === 'all') throw unsupported('bookingStatus');
  // MT940 has nothing for what is pending: that would be MT942.
  const hasPending = bank.reportFormat !== 'mt940' && !bank.deviations.bookedOrInformation;
  if (status !== 'booked' && !hasPending) throw unsupported('bookingStatus');
  if (status === 'both' && bank.deviations.separatePending) throw unsupported('bookingStatus');
  if (query.deltaList !== undefined) throw unsupported('deltaList');
  if (query.entryReferenceFrom !== undefined) throw unsupported('entryReferenceFrom');
  return {
    booked: status !== 'pending',
    pending: status !== 'booked',
    ...periodIn(request, bank, today),
  };
}

/** The days of a report, and where on them it goes on. */
export function periodIn(
  request: FastifyRequest,
  bank: Bank,
  today: string,
): Pick<ReportRequest, 'dateFrom' | 'dateTo' | 'after'> {
  const query = queryOf(request);
  const dateFrom = dateAt(query, 'dateFrom');
  const dateTo = query.dateTo === undefined ? today : dateAt(query, 'dateTo');
  if (dateFrom > dateTo || dateFrom > today) {
    throw new TppError('PERIOD_INVALID', 'The period holds no day.', { path: 'dateFrom' });
  }
  const { maxReportDays } = bank.deviations;
  if (maxReportDays !== undefined && dateFrom < addDays(today, -maxReportDays)) {
    throw new TppError('PERIOD_INVALID', `No more than ${maxReportDays} days are told.`, {
      path: 'dateFrom',
    });
  }
  return {
    dateFrom,
    dateTo: dateTo < today ? dateTo : today,
    ...(query.page !== undefined && { after: positionIn(query.page) }),
  };
}

/** True for a page that a `next` link led to: the report that it belongs to is counted already. */
export function isFurtherPage(request: FastifyRequest): boolean {
  return queryOf(request).page !== undefined;
}

/** The address of the page behind this place. Opaque to the TPP. */
export function nextPage(
  request: FastifyRequest,
  asked: ReportRequest,
  { order, day, id }: Position,
): string {
  const url = new URL(request.originalUrl, 'http://bank.invalid');
  url.searchParams.set('dateTo', asked.dateTo);
  url.searchParams.set('page', Buffer.from(`${order.slice(0, 1)}${day} ${id}`).toString('base64url'));
  return `${url.pathname}${url.search}`;
}

/** `withBalance` of the account calls. */
export function asksForBalances(request: FastifyRequest): boolean {
  const { withBalance } = queryOf(request);
  return withBalance !== undefined && oneOfAt(withBalance, 'withBalance', ['true', 'false']) === 'true';
}

function positionIn(page: unknown): Position {
  const text = Buffer.from(String(page), 'base64url').toString('utf8');
  const [, order, day = '', id = ''] = position.exec(text) ?? [];
  if (!isCalendarDate(day)) throw formatError('page', 'No link of this bank has led here.');
  return { day, id, order: order === 'n' ? 'newestFirst' : 'oldestFirst' };
}

function unsupported(name: string): TppError {
  return new TppError('PARAMETER_NOT_SUPPORTED', 'This bank does not support it.', { path: name });
}

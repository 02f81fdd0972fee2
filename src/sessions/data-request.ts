import { type Static, Type } from 'typebox';
import type { FeedPosition } from '../bank-data/feed.ts';
import type { TransactionData } from '../bank-data/transaction.ts';
import { parseCursor, printCursor } from '../core/cursor.ts';
import { type ApiError, invalid } from '../core/errors.ts';
import { isIsoDate } from '../core/iso-date.ts';

const sessionId = Type.String({ minLength: 1, maxLength: 200, description: 'The data session id.' });
const cursor = Type.String({ minLength: 1, maxLength: 500 });
const maxListed = 500;

export const bySessionBody = Type.Object({ sessionId });

export const listTransactionsBody = Type.Object({
  sessionId,
  accountId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  from: Type.Optional(
    Type.String({ maxLength: 40, description: 'ISO date, or date and time with its offset.' }),
  ),
  to: Type.Optional(
    Type.String({ maxLength: 40, description: 'The same; a date means to the end of that day, UTC.' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxListed })),
  afterCursor: Type.Optional(cursor),
});

export const syncTransactionsBody = Type.Object({
  sessionId,
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description: '`nextCursor` of your last call. Without it everything is `added`.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxListed })),
});

/** What of a session's transactions to list, newest first. */
export interface ListRequest {
  readonly accountId?: string | undefined;
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  readonly after?: { readonly at: Date; readonly id: string } | undefined;
  /** Absent: all of it, as a stream. */
  readonly limit?: number | undefined;
}

const defaultLimit = 100;
const dayMs = 86_400_000;
/** Without paging fields the list is these last days. */
const streamedDays = 90;

/** @throws ApiError VALIDATION that names the field */
export function readListRequest(body: Static<typeof listTransactionsBody>, now: Date): ListRequest {
  const { accountId, limit, afterCursor } = body;
  const isPaged = limit !== undefined || afterCursor !== undefined;
  const from = momentIn('from', body.from, 0);
  const before = momentIn('to', body.to, dayMs);
  if (from && before && from >= before) throw invalid('to', 'to must not be before from.');
  const after = afterCursor === undefined ? undefined : readListCursor(afterCursor, body.sessionId);
  return {
    accountId,
    from: from ?? (isPaged ? undefined : startOfDay(now.getTime() - streamedDays * dayMs)),
    before,
    after,
    limit: isPaged ? (limit ?? defaultLimit) : undefined,
  };
}

function readListCursor(cursor: string, sessionId: string): { at: Date; id: string } {
  const [session, atMs, id] = parseCursor('afterCursor', cursor, ['', 0, '']);
  if (session !== markOf(sessionId)) throw notOfSession('afterCursor');
  return { at: new Date(atMs), id };
}

/** Days are asked of banks as whole ones, and so they are listed. */
function startOfDay(ms: number): Date {
  return new Date(ms - (ms % dayMs));
}

const isoDay = /^\d{4}-\d{2}-\d{2}$/;
const isoMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** @param dayAddsMs what a date without a time is counted on by: `to` means the whole of its day */
function momentIn(param: string, text: string | undefined, dayAddsMs: number): Date | undefined {
  if (text === undefined) return undefined;
  const isDay = isoDay.test(text);
  const moment = new Date(isDay ? `${text}T00:00:00Z` : text);
  const isReal = (isDay || isoMoment.test(text)) && isIsoDate(text.slice(0, 10));
  if (!isReal || Number.isNaN(moment.getTime()))
    throw invalid(
      param,
      `${param} must be an ISO date such as 2027-01-31, or a date and time with its offset.`,
    );
  return new Date(moment.getTime() + (isDay ? dayAddsMs : 0));
}

/** Where a client's feed stands: what it has, what its present round goes up to, and where in it it is. */
export interface SyncPosition {
  readonly since: number;
  readonly until: number | undefined;
  readonly after: FeedPosition | undefined;
}

/** @throws ApiError VALIDATION naming `cursor`, for that of another session too */
export function readSyncCursor(text: string | undefined, sessionId: string): SyncPosition {
  if (text === undefined) return { since: 0, until: undefined, after: undefined };
  const [session, since, until, fetchNo, chunkNo, position, id] = parseCursor('cursor', text, [
    '',
    0,
    0,
    0,
    0,
    0,
    '',
  ]);
  if (session !== markOf(sessionId)) throw notOfSession('cursor');
  // A round that is over leaves nothing to go on behind: the next one begins.
  return id === ''
    ? { since, until: undefined, after: undefined }
    : { since, until, after: { fetchNo, chunkNo, position, id } };
}

/** @param last where the page ended; undefined at the end of the round */
export function printSyncCursor(
  sessionId: string,
  since: number,
  until: number,
  last: FeedPosition | undefined,
): string {
  const { fetchNo, chunkNo, position, id } = last ?? { fetchNo: 0, chunkNo: 0, position: 0, id: '' };
  return printCursor([markOf(sessionId), last ? since : until, until, fetchNo, chunkNo, position, id]);
}

export function printListCursor(sessionId: string, { timestamp, id }: TransactionData): string {
  return printCursor([markOf(sessionId), Date.parse(timestamp), id]);
}

/** Ties a cursor to its session: with another one's a client would miss rows and never notice. */
function markOf(sessionId: string): string {
  return sessionId.slice(-12);
}

function notOfSession(param: string): ApiError {
  return invalid(param, `${param} is of another session.`);
}

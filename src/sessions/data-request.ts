import { type Static, Type } from 'typebox';
import { parseCursor } from '../core/cursor.ts';
import { invalid } from '../core/errors.ts';

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
  const [atMs, id] = afterCursor === undefined ? [] : parseCursor('afterCursor', afterCursor, [0, '']);
  return {
    accountId,
    from: from ?? (isPaged ? undefined : new Date(now.getTime() - streamedDays * dayMs)),
    before,
    after: atMs === undefined || id === undefined ? undefined : { at: new Date(atMs), id },
    limit: isPaged ? (limit ?? defaultLimit) : undefined,
  };
}

const isoDay = /^\d{4}-\d{2}-\d{2}$/;
const isoMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** @param dayAddsMs what a date without a time is counted on by: `to` means the whole of its day */
function momentIn(param: string, text: string | undefined, dayAddsMs: number): Date | undefined {
  if (text === undefined) return undefined;
  const isDay = isoDay.test(text);
  const moment = new Date(isDay ? `${text}T00:00:00Z` : text);
  const isReal = (isDay || isoMoment.test(text)) && !Number.isNaN(moment.getTime());
  // 2027-02-30 would roll over into March.
  if (!isReal || (isDay && moment.toISOString().slice(0, 10) !== text))
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
  readonly afterId: string;
}

/** @throws ApiError VALIDATION naming `cursor` */
export function readSyncCursor(text: string | undefined): SyncPosition {
  if (text === undefined) return { since: 0, until: undefined, afterId: '' };
  const [since, until, afterId] = parseCursor('cursor', text, [0, 0, '']);
  // A round that is over leaves nothing to go on behind: the next one begins.
  return { since, until: afterId === '' ? undefined : until, afterId };
}

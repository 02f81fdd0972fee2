import { type Static, Type } from 'typebox';
import { parseCursor } from '../core/cursor.ts';
import { invalid } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import type { SessionStatus } from './session.ts';

const epochSeconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799 });

/** Body of POST /data/session/list; without filters, all. */
export const listSessionsBody = Type.Object({
  status: Type.Optional(Type.Enum(['started', 'pending', 'complete', 'failed'])),
  referenceId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  customer: Type.Optional(
    Type.Object(
      {
        email: Type.Optional(Type.String({ minLength: 3, maxLength: 254 })),
        id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      },
      { description: 'By email or by id.' },
    ),
  ),
  createdFrom: Type.Optional(epochSeconds),
  createdTo: Type.Optional(epochSeconds),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: '20 by default.' })),
  afterCursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: '`nextCursor` of the page before.' }),
  ),
});

export interface SessionListRequest {
  readonly status: SessionStatus | undefined;
  readonly referenceId: string | undefined;
  readonly customer: { readonly email?: string; readonly id?: string } | undefined;
  readonly createdFrom: Date | undefined;
  readonly createdTo: Date | undefined;
  readonly beforeId: string | undefined;
  readonly limit: number;
}

const defaultLimit = 20;

/** @throws ApiError VALIDATION that names the field */
export function readListSessions(body: Static<typeof listSessionsBody>): SessionListRequest {
  const { customer, createdFrom, createdTo, afterCursor } = body;
  if (customer && (customer.email === undefined) === (customer.id === undefined))
    throw invalid('customer', 'customer needs an email or an id, and not both.');
  if (createdFrom !== undefined && createdTo !== undefined && createdFrom > createdTo)
    throw invalid('createdTo', 'createdTo must not be before createdFrom.');
  return {
    status: body.status as SessionStatus | undefined,
    referenceId: body.referenceId,
    customer,
    createdFrom: createdFrom === undefined ? undefined : new Date(createdFrom * 1_000),
    // To the end of that second.
    createdTo: createdTo === undefined ? undefined : new Date(createdTo * 1_000 + 999),
    beforeId: afterCursor === undefined ? undefined : readCursor(afterCursor),
    limit: body.limit ?? defaultLimit,
  };
}

function readCursor(text: string): string {
  const [id] = parseCursor('afterCursor', text, ['']);
  if (!isUuid(id)) throw invalid('afterCursor', 'afterCursor is not one that this list gave you.');
  return id;
}

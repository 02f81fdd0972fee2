import { invalid } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';

/** Where a list goes on: the id of its last row, which is also its order (UUIDv7). Opaque to the caller. */
export function printCursor(lastId: string): string {
  return Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** @throws ApiError VALIDATION, param `afterCursor` */
export function parseCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (!isUuid(id)) throw invalid('afterCursor', 'afterCursor is not one that a list gave you.');
  return id;
}

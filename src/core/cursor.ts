import { invalid } from './errors.ts';

type Part = string | number;

/** Where a page ended, as text that means nothing to whoever sends it back. */
export function printCursor(parts: readonly Part[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * The parts of a cursor, of the kinds that `like` shows.
 * @throws ApiError VALIDATION naming `param`, for what is no cursor of this list
 */
export function parseCursor<const Like extends readonly Part[]>(
  param: string,
  cursor: string,
  like: Like,
): { [Index in keyof Like]: Like[Index] extends string ? string : number } {
  const parts = partsOf(cursor);
  const fits = parts?.length === like.length && parts.every((part, index) => isLike(part, like[index]));
  if (!fits) throw invalid(param, `${param} is not one that this list gave you.`);
  return parts as unknown as ReturnType<typeof parseCursor<Like>>;
}

function isLike(part: unknown, like: Part | undefined): boolean {
  return typeof part === typeof like && (typeof part !== 'number' || Number.isSafeInteger(part));
}

function partsOf(cursor: string): readonly unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

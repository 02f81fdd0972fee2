/** Throws when something that this code guarantees is not so: a bug of ours, never a caller's mistake. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${what}`);
}

/** For the end of a switch over a closed union: the compiler proves that it cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`broken invariant: unexpected ${JSON.stringify(value)}`);
}

/** The value, which this code guarantees to be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  assert(value !== null && value !== undefined, `${what} is missing`);
  return value;
}

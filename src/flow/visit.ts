import type { SessionKey } from '../sessions/session.ts';

/** A session's user as the flow knows him: the browser that he is in, and what he has chosen so far. */
export interface Visit extends SessionKey {
  readonly browserHash: Buffer;
  readonly formerBrowserHashes: readonly Buffer[];
  /** Absent: he has yet to choose. */
  readonly bankId?: string;
  readonly attemptId?: string;
}

/**
 * What a browser is to a session.
 * - `holder`    the session is bound to it
 * - `returned`  it came back from the bank in place of the holder
 * - `bearer`    it has the link, and may take the session over until the hand-over to the bank
 * - `former`    it held the session before
 */
export type Role = 'holder' | 'returned' | 'bearer' | 'former';

/** More than these are forgotten: they are only kept to be told where the session went. */
export const maxFormerBrowsers = 4;

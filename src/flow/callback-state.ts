import { keyOfFlowToken, matchesFlowToken, newFlowToken } from '../sessions/flow-token.ts';

/** What names an attempt; the merchant comes first, as in every key. */
export interface AttemptKey {
  readonly merchantId: string;
  readonly id: string;
}

/**
 * The `state` of an authorisation (RFC 6749 section 10.12): `<merchant>.<attempt id>.<160 random bits>`, of the
 * same make as the flow's token. Only its hash is stored; it is good for one return.
 */
export function newCallbackState(key: AttemptKey): { state: string; hash: Buffer } {
  const { token, hash } = newFlowToken(key);
  return { state: token, hash };
}

/** The attempt that a state speaks of, before anything is proven; undefined for what cannot be a state. */
export function keyOfCallbackState(state: string): AttemptKey | undefined {
  return keyOfFlowToken(state);
}

export function matchesCallbackState(state: string, hash: Buffer): boolean {
  return matchesFlowToken(state, hash);
}

import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../core/ids.ts';

/**
 * The state of a return that can only mean that the user stopped. It is made from the hash of the state by which a
 * consent is given: who knows it does not know that, and nothing more has to be stored.
 */
export function nokStateOf(state: string): string {
  return `${state.slice(0, state.lastIndexOf('.'))}.${tailOf(sha256(state))}`;
}

/** True for the one that belongs to the state of this hash. */
export function matchesNokState(token: string, stateHash: Buffer): boolean {
  const tail = Buffer.from(token.slice(token.lastIndexOf('.') + 1));
  const expected = Buffer.from(tailOf(stateHash));
  return tail.length === expected.length && timingSafeEqual(tail, expected);
}

/** 160 bits, in the form that bearer tokens have. */
function tailOf(stateHash: Buffer): string {
  return sha256(`nok.${stateHash.toString('base64url')}`)
    .subarray(0, 20)
    .toString('base64url');
}

import { createHash } from 'node:crypto';

export const codeLength = 6;

/**
 * The code that authorises: the first six decimal digits in the SHA-256 of the authorisation's id, written in
 * hexadecimal. Anybody who tests can work it out, and nobody needs to.
 */
export function codeOf(authorisationId: string): string {
  const digits = createHash('sha256').update(authorisationId).digest('hex').replaceAll(/\D/g, '');
  return digits.slice(0, codeLength).padEnd(codeLength, '0');
}

/** What is typed into the card reader; it answers with the same digits backwards. */
export function startCodeOf(authorisationId: string): string {
  return [...codeOf(authorisationId)].reverse().join('');
}

import { createHash, randomBytes as nodeRandomBytes, randomInt } from 'node:crypto';

/** The one door to randomness, so that a reader can find every place that needs unguessable values. */
export function randomBytes(length: number): Buffer {
  return nodeRandomBytes(length);
}

/** A URL-safe token with `bits` of entropy (base64url, no padding). 128 bits are unguessable. */
export function randomToken(bits = 160): string {
  return nodeRandomBytes(Math.ceil(bits / 8)).toString('base64url');
}

const readableAlphabet = '23456789abcdefghjkmnpqrstvwxyz';

/** A short lower-case id that a person can read aloud: no 0/o, 1/l/i, u. */
export function readableId(length: number): string {
  return Array.from({ length }, () => readableAlphabet[randomInt(readableAlphabet.length)]).join('');
}

/** `length` decimal digits, each drawn without bias: for codes that a person types. */
export function randomDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}

/** A fraction in [0, 1), for jitter only. */
export function randomFraction(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}

/**
 * UUID version 7 (RFC 9562 section 5.7): millisecond time first, so that rows made together lie
 * together in the index; 74 random bits after it.
 */
export function uuidv7(now: Date): string {
  const bytes = nodeRandomBytes(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Lower case only: our ids have one spelling, so that one thing has one name in logs and caches. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** SHA-256, for looking up high-entropy tokens that are never stored as they are. */
export function sha256(value: string | Buffer): Buffer {
  return createHash('sha256').update(value).digest();
}

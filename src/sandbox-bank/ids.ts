import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** An unguessable URL-safe token, 192 bits. */
export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

export function newUuid(): string {
  return randomUUID();
}

/** What the bank keeps of a secret that it must recognise but never needs to say again. */
export function sha256(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}

/** The same parts give the same UUID (RFC 9562 version 8): for ids that a seed must reproduce. */
export function derivedUuid(...parts: readonly string[]): string {
  const bytes = digestOf(parts).subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** `length` (at most 16) decimal digits made from the parts, the first one never 0. */
export function derivedDigits(length: number, ...parts: readonly string[]): string {
  const number = digestOf(parts).readBigUInt64BE(0);
  const digits = number.toString().padStart(20, '7').slice(-length);
  return digits.startsWith('0') ? `4${digits.slice(1)}` : digits;
}

/** 32 fractions in [0, 1) made from the parts by one hash; `slot` chooses one. */
export function derivedFractions(...parts: readonly string[]): (slot: number) => number {
  const bytes = createHash('sha512').update(JSON.stringify(parts)).digest();
  return (slot) => bytes.readUInt16BE((slot * 2) % bytes.length) / 2 ** 16;
}

function digestOf(parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** 126 bits, for a certificate's serial number: positive, and without leading zeros. */
export function randomSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

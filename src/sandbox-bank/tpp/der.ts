/** The few forms of DER (X.690) that a certificate is made of. */

export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

export function sequence(...contents: readonly Buffer[]): Buffer {
  return element(0x30, ...contents);
}

export function setOf(...contents: readonly Buffer[]): Buffer {
  return element(0x31, ...contents);
}

/** A positive number, as bytes whose first bit is not set. */
export function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

export const yes = element(0x01, Buffer.from([0xff]));
export const nothing = element(0x05);

export function bits(bytes: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), bytes);
}

export function octets(...contents: readonly Buffer[]): Buffer {
  return element(0x04, ...contents);
}

export function utf8(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

export function printable(text: string): Buffer {
  return element(0x13, Buffer.from(text, 'ascii'));
}

/** `2.5.4.97`; seven bits a byte, all but the last one marked. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift(0x80 | (left % 128));
    }
    return groups;
  });
  return element(0x06, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

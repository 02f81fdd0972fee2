import { hash } from 'node:crypto';
import { sha256 } from '../../core/ids.ts';

const blockBytes = 64;
const digestBytes = 32;
const firstBufferBytes = 1_024;
/** Of UTF-8, for one UTF-16 unit. */
const maxBytesPerUnit = 3;

/**
 * HMAC-SHA-256 (RFC 2104) of many short texts under one key. Node's `createHmac` makes an object with a finaliser for
 * each digest, which costs four times as much once there are ten thousand of them; this makes none.
 */
export class HmacSha256 {
  /** The key XOR ipad, and behind it the text. */
  #inner: Buffer;
  /** The key XOR opad, and behind it the inner digest. */
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    const block = Buffer.alloc(blockBytes);
    (key.length > blockBytes ? sha256(key) : key).copy(block);
    this.#inner = Buffer.concat([block.map((byte) => byte ^ 0x36)], firstBufferBytes);
    this.#outer = Buffer.concat([block.map((byte) => byte ^ 0x5c)], blockBytes + digestBytes);
  }

  /** The digest of the text's UTF-8 form, in base64url: 43 characters. */
  digest(text: string): string {
    this.#makeRoom(blockBytes + text.length * maxBytesPerUnit);
    const length = blockBytes + this.#inner.write(text, blockBytes, 'utf8');
    const inner = hash('sha256', this.#inner.subarray(0, length), 'binary');
    this.#outer.write(inner, blockBytes, 'binary');
    return hash('sha256', this.#outer, 'base64url');
  }

  #makeRoom(bytes: number): void {
    if (bytes > this.#inner.length)
      this.#inner = Buffer.concat([this.#inner.subarray(0, blockBytes)], bytes * 2);
  }
}

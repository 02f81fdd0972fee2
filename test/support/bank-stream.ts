import type { BankStream } from '../../src/connectors/berlin-group/bank-stream.ts';

/** A good answer as it comes: in pieces of so many bytes. `left` tells whether its reader has gone before its end. */
export function bankStream(
  body: Buffer | string,
  contentType: string,
  pieceBytes = 1_000,
): BankStream & { readonly left: () => boolean } {
  const bytes = Buffer.from(body);
  let ended = false;
  let left = false;
  async function* pieces() {
    try {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
      ended = true;
    } finally {
      left = !ended;
    }
  }
  const url = 'https://bank.test/v1/accounts/1/transactions';
  const headers = { 'content-type': contentType };
  return { status: 200, headers, url, pieces: pieces(), left: () => left };
}

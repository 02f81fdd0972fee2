/** What was sent is longer than anything that can be meant. */
export class TooLong extends Error {}

/**
 * All bytes of a body, exactly as they came.
 * @throws TooLong as soon as there are more than `maxBytes`; nothing further is read then
 */
export async function readWithin(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw new TooLong(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

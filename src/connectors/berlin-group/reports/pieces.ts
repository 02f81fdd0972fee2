/** The beginning of a stream, of at least so many bytes if it has them, and all of it. */
export async function beginningOf(
  pieces: AsyncIterable<Buffer>,
  minBytes: number,
): Promise<{ readonly start: Buffer; readonly pieces: AsyncIterable<Buffer> }> {
  const coming = pieces[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  let count = 0;
  while (count < minBytes) {
    const { done, value } = await coming.next();
    if (done) break;
    held.push(value);
    count += value.length;
  }
  const start = Buffer.concat(held);
  return { start, pieces: followedBy(start, coming) };
}

async function* followedBy(start: Buffer, coming: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield start;
    for (let next = await coming.next(); !next.done; next = await coming.next()) yield next.value;
  } finally {
    // A loop would do this for a stream from its beginning: whoever leaves ends it.
    await coming.return?.();
  }
}

/** The same in pieces of at most so many bytes. */
export async function* cutInto(maxBytes: number, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += maxBytes) yield piece.subarray(at, at + maxBytes);
}

import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

export interface BoundedBody {
  readonly bytes: Buffer;
  /** The body was longer than the limit; `bytes` holds its beginning. */
  readonly cut: boolean;
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads at most `maxBytes`, counted both as they arrive and as they unfold: a few kilobytes of gzip may
 * hold gigabytes, and endless empty gzip members unfold to nothing at all. Ends the source in every case.
 * @throws what the source or the decoder throws; an Error for a coding that is not known
 */
export async function readBounded(
  source: Readable,
  coding: string | undefined,
  maxBytes: number,
): Promise<BoundedBody> {
  const { raw, unfolded } = bounded(source, coding, maxBytes);
  const bytes = await unfolded.collect().catch((error: unknown) => {
    if (isBeyondUnfolding(raw)) return Buffer.alloc(0);
    throw error;
  });
  return { bytes, cut: raw.cut || unfolded.cut };
}

/**
 * The same piece by piece: the next one is read when this one was taken, and leaving the loop ends the source.
 * @param tooLarge what is thrown behind the last byte of the limit
 */
export async function* boundedPieces(
  source: AsyncIterable<Buffer>,
  coding: string | undefined,
  maxBytes: number,
  tooLarge: () => Error,
): AsyncGenerator<Buffer> {
  const { raw, unfolded } = bounded(source, coding, maxBytes);
  try {
    for await (const piece of unfolded) yield piece;
  } catch (error) {
    if (!isBeyondUnfolding(raw)) throw error;
  }
  if (raw.cut || unfolded.cut) throw tooLarge();
}

/** What comes over the wire, and what it is once its coding is undone. */
function bounded(
  source: AsyncIterable<Buffer>,
  coding: string | undefined,
  maxBytes: number,
): { readonly raw: Bounded; readonly unfolded: Bounded } {
  const raw = new Bounded(source, maxBytes);
  const decoder = decoderOf(coding);
  if (decoder === undefined) return { raw, unfolded: raw };
  // A broken source destroys the decoder with its error, which the reading loop then throws.
  const unfolded = pipeline(raw, decoder, () => {});
  return { raw, unfolded: new Bounded(unfolded, maxBytes) };
}

/** Without its end, or without anything (a 204 that names a coding), no coding can be undone. */
function isBeyondUnfolding(raw: Bounded): boolean {
  return raw.cut || (raw.ended && raw.count === 0);
}

function decoderOf(coding: string | undefined): Transform | undefined {
  const name = coding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity' || name === '') return undefined;
  const create = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (create === undefined) throw new Error('a content coding that was not offered');
  return create();
}

/** A stream's chunks up to a number of bytes; then it stops, and says so. */
class Bounded implements AsyncIterable<Buffer> {
  readonly #source: AsyncIterable<Buffer>;
  readonly #maxBytes: number;
  cut = false;
  count = 0;
  /** The source came to its own end. */
  ended = false;

  constructor(source: AsyncIterable<Buffer>, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const chunk of this.#source) {
      const left = this.#maxBytes - this.count;
      this.count += chunk.length;
      this.cut = chunk.length > left;
      yield chunk.subarray(0, left);
      if (this.cut) return;
    }
    this.ended = true;
  }

  async collect(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

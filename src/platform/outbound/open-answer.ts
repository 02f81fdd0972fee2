import { boundedPieces, readBounded } from './body.ts';
import type { Exchange, Reply } from './exchange.ts';

/** What an answer may take that is read piece by piece. */
export interface PiecesLimits {
  /** On the wire and unfolded. */
  readonly maxBodyBytes: number;
  /** Of the other side, whenever we wait for it; while the reader is busy nobody waits. */
  readonly silenceMs: number;
  /** From the first piece asked for to the last one taken, in place of what is left of the request's `timeoutMs`. */
  readonly timeoutMs: number;
}

/**
 * An answer of which the head is known, so that how to read the rest can go by it: once, by `whole` or `pieces`, or not
 * at all by `close`. One that is forgotten ends with its request's `timeoutMs`.
 */
export class OpenAnswer {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #exchange: Exchange;
  readonly #body: Reply['body'];

  constructor(exchange: Exchange, { status, headers, body }: Reply) {
    this.status = status;
    this.headers = headers;
    this.#exchange = exchange;
    // Whoever reads is told by his loop; an answer that nobody reads may break, too.
    this.#body = body.on('error', () => undefined);
  }

  /**
   * All of it, within what is left of the request's `timeoutMs`.
   * @throws OutboundFailure, `too-large` for more than the limit
   */
  async whole(maxBodyBytes: number): Promise<Buffer> {
    try {
      const { bytes, cut } = await readBounded(this.#body, this.#coding, maxBodyBytes);
      if (cut) throw this.#exchange.failure('too-large');
      return bytes;
    } catch (thrown) {
      throw this.#exchange.failureFor(thrown);
    } finally {
      this.#exchange.end();
    }
  }

  /**
   * One piece after the other: the other side is slowed down to the pace of the reader, and leaving the loop ends the
   * connection.
   * @throws OutboundFailure, `too-large` behind the last byte of the limit
   */
  async *pieces({ maxBodyBytes, silenceMs, timeoutMs }: PiecesLimits): AsyncGenerator<Buffer> {
    const exchange = this.#exchange;
    exchange.endIn(timeoutMs);
    const body = exchange.listen(this.#body, silenceMs);
    try {
      yield* boundedPieces(body, this.#coding, maxBodyBytes, () => exchange.failure('too-large'));
    } catch (thrown) {
      throw exchange.failureFor(thrown);
    } finally {
      this.close();
    }
  }

  /** What has not been read will not be. */
  close(): void {
    this.#exchange.end();
    this.#body.destroy();
  }

  get #coding(): string | undefined {
    return this.headers['content-encoding'];
  }
}

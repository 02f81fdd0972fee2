import { Readable } from 'node:stream';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** Sent at a time; made in about a millisecond. */
const chunkLength = 64 * 1_024;
/** Up to here a report is sent in one piece, with its length, as most banks do it. */
const maxWholeLength = 1_024 * 1_024;

/** A long text as it is made, at the pace of whoever reads it; a short one in one piece. */
export function asItIsMade(reply: FastifyReply, pieces: Iterable<string>): string | FastifyReply {
  const chunks = chunksOf(pieces);
  let text = '';
  while (text.length <= maxWholeLength) {
    const { done, value } = chunks.next();
    if (done) return text;
    text += value;
  }
  return reply.send(Readable.from(inTurns(text, chunks), { objectMode: false }));
}

function* chunksOf(pieces: Iterable<string>): Generator<string, undefined> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

async function* inTurns(start: string, chunks: Iterable<string>): AsyncGenerator<string> {
  yield start;
  for (const chunk of chunks) {
    await othersTurn();
    yield chunk;
  }
}

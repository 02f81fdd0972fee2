import type { OpenAnswer } from '../../platform/outbound/open-answer.ts';
import { atBank, type BankCall, type Connection, sealedRequest } from './client.ts';
import { type BankAnswer, transportFailure } from './errors.ts';

/** A good answer that is read while it comes: longer than memory, perhaps. */
export interface BankStream extends Omit<BankAnswer, 'body'> {
  /**
   * Once, to its end or left before: the bank sends no faster than they are taken.
   * @throws BankFailure where it breaks off, is silent, or does not end
   */
  readonly pieces: AsyncIterable<Buffer>;
}

export function isStream(answer: BankAnswer | BankStream): answer is BankStream {
  return 'pieces' in answer;
}

/**
 * One call whose good answer may be a report: it is a stream where `isStreamed` says so of its headers, and whole
 * otherwise, as refusals are.
 */
export async function openReport(
  connection: Connection,
  call: BankCall,
  isStreamed: (headers: BankAnswer['headers']) => boolean,
): Promise<BankAnswer | BankStream> {
  const { outbound, limits } = connection;
  const { operation, url } = call;
  const request = await sealedRequest(connection, call);
  return atBank(connection, operation, url, async () => {
    const answer = await outbound.open(request);
    const { status, headers } = answer;
    const isGood = status >= 200 && status <= 299;
    if (isGood && status !== 204 && isStreamed(headers))
      return { status, headers, url, pieces: piecesOf(connection, operation, answer) };
    const body = await answer.whole(isGood ? limits.maxReportBytes : limits.maxBodyBytes);
    return { status, headers, url, body };
  });
}

async function* piecesOf(
  { limits }: Connection,
  operation: string,
  answer: OpenAnswer,
): AsyncGenerator<Buffer> {
  try {
    yield* answer.pieces({
      maxBodyBytes: limits.maxStreamedReportBytes,
      silenceMs: limits.reportTimeoutMs,
      timeoutMs: limits.streamedReportTimeoutMs,
    });
  } catch (thrown) {
    throw transportFailure(operation, thrown);
  }
}

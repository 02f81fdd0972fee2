import type { PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Challenge } from '../../banking/step.ts';
import type { ConsentedAttempt } from './attempt.ts';
import { type Connection, callBank, type JsonAnswer } from './client.ts';
import { imageIn, imageLinkIn, imageOf } from './sca-material.ts';

/**
 * The picture of a challenge: in the answer, or behind its `imageLink`, since the user's browser asks no bank. One
 * that cannot be had leaves the words about it.
 */
export async function challengeImage(
  connection: Connection,
  { tokens }: ConsentedAttempt,
  { json, url }: JsonAnswer,
  psu: PsuContext,
): Promise<Challenge['image']> {
  const { maxImageBytes } = connection.limits;
  const link = imageLinkIn(json);
  const linked = link === undefined ? undefined : URL.parse(link, url)?.href;
  const sent = imageIn(json, maxImageBytes);
  if (sent !== undefined || linked === undefined) return sent;
  try {
    const answer = await callBank(connection, {
      operation: 'read challenge image',
      method: 'GET',
      url: linked,
      psu,
      accessToken: tokens?.accessToken,
      accept: 'image/*',
      maxBodyBytes: maxImageBytes,
    });
    return answer.status === 200 ? imageOf(answer.body, maxImageBytes) : undefined;
  } catch (thrown) {
    if (thrown instanceof BankFailure) return undefined;
    throw thrown;
  }
}

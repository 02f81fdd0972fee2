import type { PsuContext } from '../../banking/consent.ts';
import type { ConsentedAttempt } from './attempt.ts';
import { type Connection, callBank, failureOf, jsonOf } from './client.ts';
import { linkTo } from './links.ts';
import { callsAbout } from './settle.ts';

const maxConfirmationCodeLength = 512;

/**
 * PUT {confirmationCode} (since 1.3.6): proves to the bank that the browser that was there is the one that came
 * back here. What comes of it is in the consent's status, also where the code is refused.
 * @throws BankFailure where the bank cannot take it now
 */
export async function confirm(
  connection: Connection,
  attempt: ConsentedAttempt,
  confirmationCode: string,
  psu: PsuContext,
): Promise<void> {
  const url = attempt.confirmationUrl ?? (await linkInStatus(connection, attempt, psu));
  if (url === undefined || confirmationCode.length > maxConfirmationCodeLength) return;
  const operation = 'confirm authorisation';
  const answer = await callBank(connection, {
    operation,
    method: 'PUT',
    url,
    psu,
    accessToken: attempt.tokens?.accessToken,
    json: { confirmationCode },
  });
  if (answer.status >= 500 || answer.status === 429) throw failureOf(connection, operation, answer, true);
}

/** Some banks give the link only once there is something to confirm (scaStatus `unconfirmed`). */
async function linkInStatus(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
): Promise<string | undefined> {
  const { scaStatusUrl: url } = attempt;
  if (url === undefined) return undefined;
  const operation = 'read SCA status';
  const answer = await callsAbout(connection, attempt, psu)({ operation, method: 'GET', url });
  return linkTo(connection.profile, jsonOf(connection, operation, answer, true), 'confirmation');
}

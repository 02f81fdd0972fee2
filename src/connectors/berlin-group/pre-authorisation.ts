import type { PsuContext } from '../../banking/consent.ts';
import { accessTokenIn } from './access-token.ts';
import type { Tokens } from './attempt.ts';
import { type Connection, callBank, jsonOf } from './client.ts';
import { type BankAnswer, unreadable } from './errors.ts';
import { refusedField } from './refused-field.ts';

const operation = 'pre-authorise user';

/**
 * POST {username, password} for a token that comes before the consent (Crealogix: DKB). No standard has it.
 * @returns undefined where user name or password are wrong
 */
export async function preAuthorise(
  connection: Connection,
  url: string,
  login: { readonly username: string; readonly password: string },
  psu: PsuContext,
): Promise<Tokens | undefined> {
  const answered = await callBank(connection, { operation, method: 'POST', url, psu, json: login });
  if (isWrongLogin(answered)) return undefined;
  const { json, status } = jsonOf(connection, operation, answered, false);
  const accessToken = accessTokenIn(json);
  if (accessToken !== undefined) return { accessToken };
  throw unreadable(operation, 'the answer holds no token', status);
}

/** In the standard's words or in OAuth's (RFC 6749 section 5.2). */
function isWrongLogin(answer: BankAnswer): boolean {
  if (refusedField(answer, 'password') !== undefined) return true;
  return answer.status === 400 && answer.body.includes('"invalid_grant"');
}

import { type BankAnswer, codesOf, messagesIn } from './errors.ts';
import { textOf } from './json.ts';

/** What an error says is wrong with what the user sent. */
const wrongInput = ['PSU_CREDENTIALS_INVALID', 'SCA_INVALID', 'SCA_METHOD_UNKNOWN', 'CORPORATE_ID_INVALID'];

/** Which field of the form the bank refuses: the one that was sent, or one that its error names. */
export function refusedField(answer: BankAnswer, sent: string): string | undefined {
  if (answer.status < 400 || answer.status > 499) return undefined;
  const codes = codesOf(answer);
  const named = namedField(answer);
  if (codes.includes('CORPORATE_ID_INVALID')) return 'corporateId';
  if (codes.some((code) => wrongInput.includes(code))) return named ?? sent;
  return codes.includes('FORMAT_ERROR') ? named : undefined;
}

/** Which of the accounts that a consent names the bank refuses, counted from 0, by `access.accounts[0].iban`. */
export function refusedAccount(answer: BankAnswer): number | undefined {
  if (answer.status < 400 || answer.status > 499) return undefined;
  const places = pathsIn(answer).map((path) => /^access\.[a-zA-Z.]{1,40}\[(\d{1,2})\]/.exec(path)?.[1]);
  const place = places.find((each) => each !== undefined);
  return place === undefined ? undefined : Number(place);
}

/** By the `path` of its messages. */
function namedField(answer: BankAnswer): string | undefined {
  const paths = pathsIn(answer).map((path) => path.toLowerCase());
  if (paths.includes('psu-id')) return 'psuId';
  return paths.includes('psu-corporate-id') ? 'corporateId' : undefined;
}

/** Of each message, or nothing. */
function pathsIn(answer: BankAnswer): readonly string[] {
  return messagesIn(answer).map((message) => textOf(message, 'path') ?? '');
}

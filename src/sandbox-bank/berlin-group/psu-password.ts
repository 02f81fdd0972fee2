import { limits } from '../limits.ts';
import { objectAt } from './fields.ts';
import type { Call } from './operation.ts';
import { formatError, TppError } from './tpp-error.ts';

const fieldNames = {
  first: { plain: 'password', encrypted: 'encryptedPassword' },
  additional: { plain: 'additionalPassword', encrypted: 'additionalEncryptedPassword' },
} as const;

/** The password in the `psuData` of a body, as this bank takes it; undefined where there is no `psuData`. */
export function passwordIn(call: Call, which: keyof typeof fieldNames = 'first'): string | undefined {
  const { body } = call.request;
  if (body === undefined || body === null) return undefined;
  const { psuData } = objectAt(body, 'body');
  if (psuData === undefined) return undefined;
  const isEncrypted = call.bank.deviations.encryptedPasswords === true;
  const name = fieldNames[which][isEncrypted ? 'encrypted' : 'plain'];
  const fields = objectAt(psuData, 'psuData');
  const other = Object.keys(fields).find((each) => each !== name);
  if (other !== undefined) {
    throw new TppError('PARAMETER_NOT_SUPPORTED', `This bank takes ${name} here.`, {
      path: `psuData.${other.slice(0, 30)}`,
    });
  }
  const path = `psuData.${name}`;
  return isEncrypted ? decrypted(call, fields[name], path) : shortText(fields[name], path);
}

/** A JWE that names this bank's certificate by its address (`x5u`). */
function decrypted({ sandbox, bank }: Call, value: unknown, path: string): string {
  const jwe = textWithin(limits.maxJweLength, value, path);
  const opened = sandbox.passwordKey.open(jwe);
  if (opened === undefined || opened.header.x5u !== sandbox.addresses.passwordCertificate(bank)) {
    throw formatError(path, 'A JWE for the password certificate of this bank is expected here.');
  }
  return shortText(opened.text, path);
}

export function shortText(value: unknown, path: string): string {
  return textWithin(limits.maxHeaderTextLength, value, path);
}

function textWithin(maxLength: number, value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) {
    throw formatError(path, 'A short text is expected here.');
  }
  return value;
}

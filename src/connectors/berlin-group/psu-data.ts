import type { X509Certificate } from 'node:crypto';
import { BankFailure } from '../../banking/failure.ts';
import { encryptFor } from '../../platform/crypto/jwe.ts';
import { certificatesIn } from '../../platform/outbound/identity.ts';
import { type Connection, failureOf, sendToBank } from './client.ts';
import { unreadable } from './errors.ts';

const operation = 'read password certificate';

/** A certificate and those above it; far below what an answer may have. */
const maxCertificateBytes = 64 * 1_024;
const maxCertificates = 5;
/** RSA as eIDAS trust services may still use it (ETSI TS 119 312). */
const minKeyBits = 2_048;

/** Of the first password, and of one that some banks ask some customers for after that. */
const fieldNames = {
  authenticate: { plain: 'password', encrypted: 'encryptedPassword' },
  'authenticate-additionally': { plain: 'additionalPassword', encrypted: 'additionalEncryptedPassword' },
} as const;

/** Schema `psuData`: the password in plain text, or encrypted where the bank has a certificate for that. */
export async function psuDataOf(
  connection: Connection,
  password: string,
  action: keyof typeof fieldNames,
): Promise<object> {
  const { passwordCertificateUrl: url } = connection.profile;
  const names = fieldNames[action];
  if (url === undefined) return { [names.plain]: password };
  const [certificate, ...chain] = await certificatesAt(connection, url);
  if (certificate === undefined || !isUsable(certificate, connection.clock.now()))
    throw new BankFailure('operator-fault', `${operation}: it is none that is valid now, with a key of RSA`);
  // RFC 7516 sections 4.1.7 and 4.1.9: the bank may know its key by either.
  const x5c = [certificate, ...chain].map(({ raw }) => raw.toString('base64'));
  return { [names.encrypted]: encryptFor(certificate.publicKey, password, { x5u: url, x5c }) };
}

/** The bank's own comes first. */
async function certificatesAt(connection: Connection, url: string): Promise<readonly X509Certificate[]> {
  const answer = await sendToBank(connection, operation, {
    method: 'GET',
    url,
    headers: { accept: '*/*' },
    timeoutMs: connection.limits.timeoutMs,
    maxBodyBytes: maxCertificateBytes,
  });
  if (answer.status === 404 || answer.status === 410)
    throw new BankFailure('operator-fault', `${operation}: it is not where the profile says`);
  if (answer.status !== 200) throw failureOf(connection, operation, answer, false);
  try {
    return certificatesIn(answer.body.toString('latin1')).slice(0, maxCertificates);
  } catch {
    // Half a file may be whole the next time.
    throw unreadable(operation, 'it is damaged', answer.status);
  }
}

function isUsable(certificate: X509Certificate, now: Date): boolean {
  const { publicKey, validFrom, validTo } = certificate;
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  const isValid = new Date(validFrom) <= now && now <= new Date(validTo);
  return isValid && publicKey.asymmetricKeyType === 'rsa' && bits >= minKeyBits;
}

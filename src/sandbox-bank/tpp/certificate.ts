import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';
import { randomSerial } from '../ids.ts';
import {
  bits,
  element,
  integer,
  nothing,
  octets,
  oid,
  printable,
  sequence,
  setOf,
  time,
  utf8,
  yes,
} from './der.ts';

const makeKeys = promisify(generateKeyPair);

/** A distinguished name by attribute, in its order: `{ C: 'DE', O: 'Trellis', CN: 'Trellis CA' }`. */
export type Name = Readonly<Record<string, string>>;

export interface CertificateRequest {
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
}

export interface Extension {
  readonly id: string;
  readonly critical?: true;
  readonly value: Buffer;
}

/** A certificate and its private key. */
export interface Credential {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const attributeIds: Readonly<Record<string, string>> = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  CN: '2.5.4.3',
  organizationIdentifier: '2.5.4.97',
};

const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), nothing);
const subjectKeyId = '2.5.29.14';
const authorityKeyId = '2.5.29.35';

/** A new key of RSA 2048 and its certificate (X.509 version 3, RFC 5280), signed by the issuer or by itself. */
export async function issue(
  request: CertificateRequest,
  issuer?: Credential & { name: Name },
): Promise<Credential> {
  const { privateKey, publicKey } = await makeKeys('rsa', { modulusLength: 2048 });
  const issuerKey = issuer?.certificate.publicKey ?? publicKey;
  const extensions = [
    ...request.extensions,
    { id: subjectKeyId, value: octets(idOf(publicKey)) },
    { id: authorityKeyId, value: sequence(element(0x80, idOf(issuerKey))) },
  ];
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(randomSerial()),
    sha256WithRsa,
    nameOf(issuer?.name ?? request.subject),
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions.map(extensionOf))),
  );
  const signature = bits(sign('sha256', toBeSigned, issuer?.key ?? privateKey));
  const certificate = new X509Certificate(sequence(toBeSigned, sha256WithRsa, signature));
  return { certificate, key: privateKey };
}

/** Certificate and key, one after the other: what curl and most servers take as one file. */
export function pemOf({ certificate, key }: Credential): string {
  return `${certificate.toString()}${key.export({ type: 'pkcs8', format: 'pem' })}`;
}

/** What `pemOf` wrote; undefined if it is something else, or damaged. */
export function credentialIn(pem: string): Credential | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const key = createPrivateKey(pem);
    return certificate.checkPrivateKey(key) ? { certificate, key } : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(name: Name): Buffer {
  const parts = Object.entries(name).map(([attribute, value]) => {
    const text = attribute === 'C' ? printable(value) : utf8(value);
    return setOf(sequence(oid(attributeIds[attribute] ?? attribute), text));
  });
  return sequence(...parts);
}

function extensionOf({ id, critical, value }: Extension): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

/** RFC 5280 section 4.2.1.2, method 1, over the whole key information: any value that is unique will do. */
function idOf(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

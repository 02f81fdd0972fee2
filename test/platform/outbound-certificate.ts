import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

/**
 * A self-signed certificate made in the test itself (X.509 in DER, RFC 5280 section 4.1): no key in the
 * repository, nothing to install, and any validity and name that a test wants to see refused.
 */
export function makeCertificate(names: readonly string[], notBefore: Date, notAfter: Date) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
  // An issuer is looked up by its name, so each of these needs one of its own.
  const commonName = sequence(Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from(randomUUID())));
  const subject = sequence(element(0x31, commonName));
  const toBeSigned = sequence(
    element(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(alternativeNames(names))),
  );
  const certificate = sequence(toBeSigned, ecdsaWithSha256, signature(toBeSigned, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const short = content.length < 0x80;
  const length = short ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return element(0x30, ...contents);
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value]));
}

/** UTCTime, good until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}

function alternativeNames(names: readonly string[]): Buffer {
  const dnsNames = names.map((name) => element(0x82, Buffer.from(name)));
  return sequence(Buffer.from('0603551d11', 'hex'), element(0x04, sequence(...dnsNames)));
}

function signature(data: Buffer, key: KeyObject): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', data, key)]));
}

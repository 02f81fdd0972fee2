import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** A private key, and the certificate that says whose it is. */
export interface KeyPair {
  readonly certificate: X509Certificate;
  /** As PEM: the certificate first, then those between it and its root, if any. */
  readonly chain: string;
  readonly key: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** As whom some servers are spoken to, and whom they are known by. */
export interface Identity {
  /** Of the configuration, for the log. */
  readonly name: string;
  /** How those servers' own protocol calls us. */
  readonly clientId?: string;
  /** Shown to a server that asks who connects (mutual TLS). */
  readonly client?: KeyPair;
  /** Signs messages; never shown in TLS. */
  readonly seal?: KeyPair;
  /** Authorities, as PEM, that vouch for those servers in place of the usual ones. */
  readonly authorities?: string;
}

/**
 * A certificate and its key, both as PEM.
 * @throws Error in words for whoever named the files: what cannot be read, or that the two do not belong together
 */
export function keyPairOf(chain: string, keyText: string | Buffer, passphrase?: string): KeyPair {
  const certificates = certificatesIn(chain);
  const [certificate] = certificates;
  if (certificate === undefined) throw new Error('holds no certificate in PEM form');
  const key = privateKeyOf(keyText, passphrase);
  if (!certificate.checkPrivateKey(key)) throw new Error('is not the certificate of this key');
  return {
    certificate,
    // Nothing else that the file may hold, such as the key.
    chain: certificates.map(String).join(''),
    key,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
  };
}

/**
 * Every certificate of a PEM text, in its order.
 * @throws Error if one of them is damaged
 */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw new Error('holds a damaged certificate');
  }
}

function privateKeyOf(text: string | Buffer, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    // OpenSSL's words differ by version, and none of them helps more than this.
    throw new Error(
      passphrase === undefined
        ? 'has a key that is damaged, or encrypted without a passphrase being given'
        : 'has a key that is damaged, or has another passphrase',
    );
  }
}

/** Attribute of an eIDAS certificate's subject, OID 2.5.4.97 (ETSI TS 119 495 section 5.1): `PSDDE-BAFIN-000000`. */
export function organisationIdentifierOf(certificate: X509Certificate): string | undefined {
  const line = certificate.subject
    .split('\n')
    .find((each) => /^(organizationIdentifier|2\.5\.4\.97)=/.test(each));
  return line?.slice(line.indexOf('=') + 1).replaceAll(/\\(.)/g, '$1');
}

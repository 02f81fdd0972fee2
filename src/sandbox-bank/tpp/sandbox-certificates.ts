import { dayMs } from '../clock.ts';
import { type Credential, credentialIn, type Extension, issue, type Name, pemOf } from './certificate.ts';
import { bits, element, oid, sequence, utf8, yes } from './der.ts';

/**
 * What mutual TLS and signed messages need, each as PEM with certificate and key: the authority that the bank
 * trusts and that vouches for the bank, the bank's own server, and the two certificates of the TPP, made like
 * the qualified ones of eIDAS (ETSI TS 119 495): for websites (QWAC) and for seals (QSEAL).
 */
export interface SandboxCertificates {
  readonly ca: string;
  readonly server: string;
  readonly qwac: string;
  readonly qseal: string;
}

export type CertificateName = keyof SandboxCertificates;
export const certificateNames: readonly CertificateName[] = ['ca', 'server', 'qwac', 'qseal'];

/** The TPP's registration number: no authority has given it to anyone. */
export const sandboxTppId = 'PSDDE-BAFIN-000000';

/** Clocks of one machine agree, those of a TPP under test elsewhere may not. */
const backdatedMs = 3_600_000;
const caDays = 3_650;
/** As long as a certificate for websites may be valid. */
const leafDays = 398;
const renewedBeforeDays = 60;

const caName: Name = { C: 'DE', O: 'Trellis Sandbox', CN: 'Trellis Sandbox CA' };
const tppName: Name = { C: 'DE', O: 'Trellis Sandbox', organizationIdentifier: sandboxTppId };

type LeafName = Exclude<CertificateName, 'ca'>;

const subjects: Readonly<Record<LeafName, Name>> = {
  server: { C: 'DE', O: 'Trellis Sandbox', CN: '127.0.0.1' },
  qwac: { ...tppName, CN: 'tpp.trellis.test' },
  qseal: { ...tppName, CN: 'Trellis Sandbox Seal' },
};

/**
 * The certificates as they were kept, and new ones for those that are missing, damaged, of another authority or
 * within 60 days of their end.
 */
export async function renewedCertificates(
  kept: Partial<SandboxCertificates>,
  now: Date,
): Promise<SandboxCertificates> {
  const ca = usable(kept.ca, now, leafDays + renewedBeforeDays) ?? (await newAuthority(now));
  const leaf = async (name: LeafName) => {
    const old = usable(kept[name], now, renewedBeforeDays);
    const isOurs =
      old?.certificate.checkIssued(ca.certificate) && old.certificate.verify(ca.certificate.publicKey);
    return pemOf(old !== undefined && isOurs ? old : await newLeaf(name, ca, now));
  };
  const [server, qwac, qseal] = await Promise.all([leaf('server'), leaf('qwac'), leaf('qseal')]);
  return { ca: pemOf(ca), server, qwac, qseal };
}

function usable(pem: string | undefined, now: Date, leftDays: number): Credential | undefined {
  const found = pem === undefined ? undefined : credentialIn(pem);
  if (found === undefined || Date.parse(found.certificate.validFrom) > now.getTime()) return undefined;
  return Date.parse(found.certificate.validTo) > now.getTime() + leftDays * dayMs ? found : undefined;
}

function newAuthority(now: Date): Promise<Credential> {
  return issue({
    subject: caName,
    ...validity(now, caDays),
    extensions: [{ id: '2.5.29.19', critical: true, value: sequence(yes) }, keyUsage(certSign)],
  });
}

/** One that the authority vouches for; `days` of validity from `now`. */
export function newLeaf(name: LeafName, ca: Credential, now: Date, days = leafDays): Promise<Credential> {
  return issue(
    { subject: subjects[name], ...validity(now, days), extensions: extensionsOf[name] },
    { ...ca, name: caName },
  );
}

function validity(now: Date, days: number) {
  return {
    notBefore: new Date(now.getTime() - backdatedMs),
    notAfter: new Date(now.getTime() + days * dayMs),
  };
}

const digitalSignature = 0x80;
const nonRepudiation = 0x40;
const certSign = 0x06;
const serverAuth = oid('1.3.6.1.5.5.7.3.1');
const clientAuth = oid('1.3.6.1.5.5.7.3.2');

/** ETSI EN 319 412-5 section 4.2.3. */
export const sealType = oid('0.4.0.1862.1.6.2');
export const websiteType = oid('0.4.0.1862.1.6.3');
/** ETSI TS 119 495 section 5.1: account information. */
export const accountInformationRole = oid('0.4.0.19495.1.3');

const extensionsOf: Readonly<Record<LeafName, readonly Extension[]>> = {
  server: [
    keyUsage(digitalSignature),
    extendedKeyUsage(serverAuth),
    {
      id: '2.5.29.17',
      value: sequence(element(0x82, Buffer.from('localhost')), element(0x87, Buffer.from([127, 0, 0, 1]))),
    },
  ],
  qwac: [keyUsage(digitalSignature), extendedKeyUsage(clientAuth, serverAuth), qualified(websiteType)],
  qseal: [keyUsage(digitalSignature | nonRepudiation), qualified(sealType)],
};

function keyUsage(usage: number): Extension {
  const unused = Math.log2(usage & -usage);
  return { id: '2.5.29.15', critical: true, value: bits(Buffer.from([usage]), unused) };
}

function extendedKeyUsage(...purposes: readonly Buffer[]): Extension {
  return { id: '2.5.29.37', value: sequence(...purposes) };
}

/** The statements of a qualified certificate: that it is one, of which type, and for which role under PSD2. */
function qualified(type: Buffer): Extension {
  const role = sequence(accountInformationRole, utf8('PSP_AI'));
  const psd2 = sequence(sequence(role), utf8('Trellis Sandbox Authority'), utf8('DE-BAFIN'));
  return {
    id: '1.3.6.1.5.5.7.1.3',
    value: sequence(
      sequence(oid('0.4.0.1862.1.1')),
      sequence(oid('0.4.0.1862.1.6'), sequence(type)),
      sequence(oid('0.4.0.19495.2'), psd2),
    ),
  };
}

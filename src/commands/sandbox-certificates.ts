import {
  certificatesIn,
  type Identity,
  keyPairOf,
  organisationIdentifierOf,
} from '../platform/outbound/identity.ts';
import {
  type CertificateName,
  certificateNames,
  renewedCertificates,
  type SandboxCertificates,
} from '../sandbox-bank/tpp/sandbox-certificates.ts';
import type { DataFolder } from './data-folder.ts';

/** The sandbox bank's certificates and its TPP's, in files that only their owner can read; renewed before they end. */
export async function sandboxCertificates(folder: DataFolder, now: Date): Promise<SandboxCertificates> {
  const found = await Promise.all(
    certificateNames.map(async (name) => [name, await folder.read(fileOf(name))] as const),
  );
  const kept = Object.fromEntries(
    found.filter(([, pem]) => pem !== undefined).map(([name, pem]) => [name, `${pem}\n`]),
  );
  const certificates = await renewedCertificates(kept, now);
  for (const name of certificateNames) {
    if (certificates[name] !== kept[name]) await folder.write(fileOf(name), certificates[name].trim());
  }
  return certificates;
}

function fileOf(name: CertificateName): string {
  return `sandbox-${name}.pem`;
}

/** As whom Trellis calls the sandbox's banks that want to know, and the one authority that it believes them by. */
export function sandboxIdentityOf(name: string, { ca, qwac, qseal }: SandboxCertificates): Identity {
  const client = keyPairOf(qwac, qwac);
  const clientId = organisationIdentifierOf(client.certificate);
  return {
    name,
    ...(clientId !== undefined && { clientId }),
    client,
    seal: keyPairOf(qseal, qseal),
    authorities: certificatesIn(ca).map(String).join(''),
  };
}

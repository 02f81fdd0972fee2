import type { X509Certificate } from 'node:crypto';
import { TppError } from '../berlin-group/tpp-error.ts';
import type { Sandbox } from '../sandbox.ts';
import { accountInformationRole, sealType, websiteType } from './sandbox-certificates.ts';

const types = { website: websiteType, seal: sealType } as const;

/**
 * What a bank demands of a TPP's certificate: the authority that it trusts, valid by its clock, of the right type
 * and for the role of account information (ETSI TS 119 495).
 * @param path the header that it came in, if it came in one
 * @returns who the TPP is, its organizationIdentifier
 */
export function checkQualified(
  { authority, clock }: Sandbox,
  certificate: X509Certificate,
  type: keyof typeof types,
  path?: string,
): string {
  const details = path === undefined ? {} : { path };
  const isTrusted =
    authority !== undefined && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  if (!isTrusted)
    throw new TppError('CERTIFICATE_INVALID', 'No authority known here has issued it.', details);
  const now = clock.now().getTime();
  if (now > Date.parse(certificate.validTo))
    throw new TppError('CERTIFICATE_EXPIRED', 'The certificate has expired.', details);
  if (now < Date.parse(certificate.validFrom))
    throw new TppError('CERTIFICATE_INVALID', 'The certificate is not valid yet.', details);
  if (!certificate.raw.includes(types[type]))
    throw new TppError('CERTIFICATE_INVALID', `A certificate for a ${type} is expected.`, details);
  if (!certificate.raw.includes(accountInformationRole))
    throw new TppError('ROLE_INVALID', 'The certificate is not for account information.', details);
  const [, organisation] = /^organizationIdentifier=(.+)$/m.exec(certificate.subject) ?? [];
  if (organisation === undefined)
    throw new TppError('CERTIFICATE_INVALID', 'The certificate names no TPP.', details);
  return organisation;
}

import { authorisationPath, consentPath } from '../addresses.ts';
import type { Bank, ScaMethod } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Links } from './operation.ts';

interface ScaApproach {
  /** The header ASPSP-SCA-Approach; the standard counts OAuth as a redirect. */
  readonly header: 'REDIRECT' | 'DECOUPLED' | 'EMBEDDED';
  /** The way on from here for the PSU. */
  readonly links: (sandbox: Sandbox, bank: Bank, authorisation: Authorisation) => Links;
}

/** How a bank of each kind tells the TPP to go on. */
export const scaApproaches: Readonly<Record<ScaMethod, ScaApproach>> = {
  oauth: {
    header: 'REDIRECT',
    links: (sandbox, bank) => ({ scaOAuth: { href: sandbox.addresses.metadata(bank) } }),
  },
  redirect: {
    header: 'REDIRECT',
    links: (sandbox, bank, { id }) => ({ scaRedirect: { href: sandbox.addresses.scaRedirect(bank, id) } }),
  },
};

/** The links of an authorisation that has begun. */
export function authorisationLinks(sandbox: Sandbox, bank: Bank, authorisation: Authorisation): Links {
  const { id, consentId } = authorisation;
  return {
    ...scaApproaches[bank.sca].links(sandbox, bank, authorisation),
    scaStatus: { href: authorisationPath(bank, consentId, id) },
  };
}

/** The links of a consent whose authorisation the TPP has yet to start. */
export function startLinks(bank: Bank, consentId: string): Links {
  return { startAuthorisation: { href: `${consentPath(bank, consentId)}/authorisations` } };
}

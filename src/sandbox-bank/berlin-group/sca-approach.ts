import { authorisationPath, consentPath } from '../addresses.ts';
import type { Bank, ScaMethod } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Sandbox } from '../sandbox.ts';
import { scaMaterial } from './authorisation-wire.ts';
import type { Call, Links } from './operation.ts';

interface ScaApproach {
  /** The header ASPSP-SCA-Approach; the standard counts OAuth as a redirect. */
  readonly header: 'REDIRECT' | 'DECOUPLED' | 'EMBEDDED';
  /** The link by which a TPP starts an authorisation by itself. */
  readonly startLink: string;
  /** The way on from here for the PSU. */
  readonly links: (sandbox: Sandbox, bank: Bank, authorisation: Authorisation) => Links;
}

const plainRedirect = {
  header: 'REDIRECT',
  startLink: 'startAuthorisation',
  links: (sandbox: Sandbox, bank: Bank, { id, consentId }: Authorisation): Links => ({
    scaRedirect: { href: sandbox.addresses.scaRedirect(bank, id) },
    ...(bank.confirmation && { confirmation: { href: authorisationPath(bank, consentId, id) } }),
  }),
} as const;

/** How a bank of each kind tells the TPP to go on. */
export const scaApproaches: Readonly<Record<ScaMethod, ScaApproach>> = {
  oauth: {
    header: 'REDIRECT',
    startLink: 'startAuthorisation',
    links: (sandbox, bank) => {
      const href = bank.deviations.barePathToOAuth ? '/v1/oauth-metadata' : sandbox.addresses.metadata(bank);
      return { scaOAuth: { href } };
    },
  },
  redirect: plainRedirect,
  preStep: plainRedirect,
  decoupled: {
    header: 'DECOUPLED',
    startLink: 'startAuthorisationWithPsuIdentification',
    links: () => ({}),
  },
  embedded: {
    header: 'EMBEDDED',
    startLink: 'startAuthorisationWithPsuAuthentication',
    links: (_sandbox, bank, authorisation) => {
      const href = authorisationPath(bank, authorisation.consentId, authorisation.id);
      const awaited = nextInput[authorisation.scaStatus];
      const isAdditional = authorisation.additionalPassword === 'now';
      const link = isAdditional ? awaited?.replace('Psu', 'AdditionalPsu') : awaited;
      return link === undefined ? {} : { [forPasswords(bank, link)]: { href } };
    },
  },
};

/** What the TPP uploads next in the embedded approach. */
const nextInput: Readonly<Partial<Record<Authorisation['scaStatus'], string>>> = {
  psuIdentified: 'updatePsuAuthentication',
  psuAuthenticated: 'selectAuthenticationMethod',
  scaMethodSelected: 'authoriseTransaction',
};

/** A link for passwords says how they are to come. */
function forPasswords({ deviations }: Bank, link: string): string {
  return deviations.encryptedPasswords
    ? link.replace(/PsuAuthentication$/, 'EncryptedPsuAuthentication')
    : link;
}

/** The links of an authorisation that has begun. */
export function authorisationLinks(sandbox: Sandbox, bank: Bank, authorisation: Authorisation): Links {
  const { id, consentId } = authorisation;
  return {
    ...scaApproaches[bank.sca].links(sandbox, bank, authorisation),
    scaStatus: { href: authorisationPath(bank, consentId, id) },
  };
}

/** An authorisation that has begun, as answers tell of it. */
export function authorisationWire(call: Call, authorisation: Authorisation) {
  return {
    scaStatus: authorisation.scaStatus,
    authorisationId: authorisation.id,
    ...scaMaterial(call, authorisation),
    _links: authorisationLinks(call.sandbox, call.bank, authorisation),
  };
}

/** The links of a consent whose authorisation the TPP has yet to start. */
export function startLinks(bank: Bank, consentId: string): Links {
  const link = bank.deviations.preAuthorisation ? 'startAuthorisation' : scaApproaches[bank.sca].startLink;
  return { [forPasswords(bank, link)]: { href: `${consentPath(bank, consentId)}/authorisations` } };
}

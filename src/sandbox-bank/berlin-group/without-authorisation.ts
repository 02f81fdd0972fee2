import { consentPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import type { Links } from './operation.ts';

/** An answer about an authorisation, of which there is none: its links lead to the consent, its status is untold. */
export function withoutAuthorisation(
  bank: Bank,
  consentId: string,
  answer: { readonly _links: Links; readonly scaStatus?: string; readonly authorisationId?: string },
) {
  const { scaStatus: _status, authorisationId: _id, _links, ...rest } = answer;
  const href = consentPath(bank, consentId);
  const onwards = Object.keys(_links).filter((name) => name !== 'scaStatus');
  const links: Links = Object.fromEntries(onwards.map((name) => [name, { href }]));
  return { ...rest, _links: { ...links, status: { href: `${href}/status` } } };
}

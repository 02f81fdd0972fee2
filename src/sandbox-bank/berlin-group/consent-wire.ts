import { accountsPath, cardAccountsPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import { localDate } from '../clock.ts';
import { type Access, type AccountReference, referenceTo, refersTo } from '../consents/access.ts';
import type { Consent } from '../consents/consent.ts';
import { type Account, accountsOf } from '../personas/account.ts';
import { findPersona, type Persona } from '../personas/persona.ts';

/** Schema consentInformationResponse-200_json. */
export function consentInformation(consent: Consent, bank: Bank, seed: string) {
  return {
    access: accessWire(consent, bank, seed),
    recurringIndicator: consent.recurring,
    validUntil: consent.validUntil,
    frequencyPerDay: consent.frequencyPerDay,
    lastActionDate: localDate(new Date(consent.lastActionAt), bank.timeZone),
    consentStatus: consent.status,
    _links: {
      account: { href: accountsPath(bank) },
      ...(bank.cardAccounts && { cardAccount: { href: cardAccountsPath(bank) } }),
    },
  };
}

/** What was asked, until the PSU has authorised; from then on what he granted. */
function accessWire(consent: Consent, bank: Bank, seed: string) {
  const { access, authorised } = consent;
  const psu = authorised === undefined ? undefined : findPersona(authorised.userName);
  const granted =
    psu === undefined || authorised === undefined
      ? []
      : accountsOf(seed, bank, psu).filter((account) => authorised.selected.includes(account.key));
  switch (access.kind) {
    case 'global':
      return {
        [access.service]: access.ownerName ? 'allAccountsWithOwnerName' : 'allAccounts',
        ...restriction(access.types),
      };
    case 'bankOffered': {
      const references = granted.map(referenceTo);
      const lists = Object.fromEntries(access.services.map((service) => [service, references]));
      const named = access.ownerName && psu?.withoutOwnerName !== true;
      return { ...lists, ...(named && ownerName(references)), ...restriction(access.types) };
    }
    case 'detailed':
      return { ...access.references, ...namedOwners(access, psu, granted) };
  }
}

/** The bank tells here whether it will give the owner's name: it keeps quiet about those it will not. */
function namedOwners(
  access: Access & { kind: 'detailed' },
  psu: Persona | undefined,
  granted: readonly Account[],
) {
  if (access.ownerName === undefined || psu?.withoutOwnerName === true) return {};
  if (psu === undefined) return ownerName(access.ownerName);
  return ownerName(
    access.ownerName.filter((reference) => granted.some((account) => refersTo(reference, account))),
  );
}

function ownerName(references: readonly AccountReference[]) {
  return { additionalInformation: { ownerName: references } };
}

function restriction(types: readonly string[] | undefined) {
  return types === undefined ? {} : { restrictedTo: types };
}

import { visitPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import { referencesIn, rightsOn } from '../consents/access.ts';
import type { Consent } from '../consents/consent.ts';
import { accountsInReach } from '../consents/consent-service.ts';
import type { Account } from '../personas/account.ts';
import type { Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { textsIn } from './texts/in-language.ts';
import type { Texts } from './texts/texts.ts';
import type { ConfirmViewProps } from './views/confirm-view.tsx';
import type { OpenVisit } from './visit-service.ts';

/** The TPP as the bank can tell it to the PSU: by its brand, else by where it will have him back. */
export function tppOf({ visit, consent }: Pick<OpenVisit, 'visit' | 'consent'>): ConfirmViewProps['tpp'] {
  const { redirectUri } = consent.returnTo ?? {};
  const host = redirectUri === undefined ? '' : new URL(redirectUri).host;
  return { name: consent.brand ?? host, host, organisation: visit.oauth?.clientId };
}

/** What the PSU is asked to confirm. */
export function confirmProps(
  sandbox: Sandbox,
  bank: Bank,
  open: OpenVisit,
  persona: Persona,
): ConfirmViewProps {
  const { visit, consent } = open;
  const texts = textsIn(visit.locale);
  const path = visitPath(bank, visit.id, 'confirm');
  const accounts = accountsInReach(sandbox, bank, consent, persona);
  return {
    texts,
    bank,
    psuName: persona.name,
    tpp: tppOf(open),
    accounts,
    picks: consent.access.kind === 'bankOffered',
    asksForOthers: accounts.length === 0 && referencesIn(consent.access).length > 0,
    shared: sharedWords(consent, persona, accounts, texts),
    period: periodWords(consent, texts),
    path,
    switchPath: `${path}?lang=${texts.otherLanguage.locale}`,
    returnsTwice: visit.returnsTwice === true,
  };
}

/** What the consent lets the TPP see, in words. */
export function sharedWords(
  { access }: Consent,
  persona: Persona,
  accounts: readonly Account[],
  { confirm }: Texts,
) {
  const keys = accounts.map((account) => account.key);
  const rights = accounts.map((account) => rightsOn(account, access, keys));
  const onlyNames = access.kind === 'global' && access.service !== 'allPsd2';
  const givesOwner =
    access.ownerName !== undefined && access.ownerName !== false && !persona.withoutOwnerName;
  return [
    onlyNames ? confirm.namesOnly : confirm.details,
    ...(rights.some((each) => each?.balances) ? [confirm.balances] : []),
    ...(rights.some((each) => each?.transactions) ? [confirm.transactions] : []),
    ...(givesOwner ? [confirm.ownerName] : []),
  ];
}

/** When and how often, in words. */
export function periodWords(
  { recurring, validUntil, frequencyPerDay }: Consent,
  texts: Texts,
): readonly string[] {
  if (!recurring) return [texts.confirm.once];
  const format = new Intl.DateTimeFormat(texts.language, { dateStyle: 'long', timeZone: 'UTC' });
  return [
    texts.confirm.until(format.format(new Date(validUntil))),
    texts.confirm.unattended(frequencyPerDay),
  ];
}

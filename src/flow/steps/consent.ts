import { standingOf } from '../../consents/consent.ts';
import { present } from '../../core/assert.ts';
import { logoPath } from '../../institutions/logo.ts';
import { accessUntil, historyFrom } from '../../sessions/session-access.ts';
import { type Facts, mayChoose } from '../facts.ts';
import { actionOf } from '../flow-entry.ts';
import { type Answer, away, here, type Show, type Step } from '../step.ts';
import { Consent, type ConsentRenewal } from '../views/consent.tsx';
import { renderPage } from '../views/render-page.ts';

export function hasBank({ bank }: Facts): boolean {
  return bank !== undefined;
}

/** The explicit agreement. Shown again, by the back button, to someone whose bank waits: agreeing leads there. */
export const consentPage: Step['page'] = async (facts, show) => {
  const { frame, csrf, place, operatorName, institutions } = show;
  const bank = present(facts.bank, 'the bank of the consent step');
  const { logo } = bank;
  const health = await institutions.health();
  const until = accessUntil(facts.session, institutions.connectorOf(bank).maxConsentDays(bank), facts.now);
  return renderPage(Consent, {
    frame,
    csrf,
    // The bank is part of what is agreed to: a page that has grown old must not agree for another one.
    agreeAction: actionOf(place, 'agree', { bank: bank.id }),
    declineAction: actionOf(place, 'cancel'),
    otherBankAction: mayChoose(facts) ? actionOf(place, 'other-bank') : undefined,
    bank: { id: bank.id, name: bank.name, logoUrl: logo && logoPath(logo), health: health(bank.id) },
    permissions: institutions.readable(bank, facts.session.permissions),
    transactionsFrom: new Date(historyFrom(facts.session, facts.now)),
    access: until ? { kind: 'until', until } : { kind: 'once' },
    renewal: await renewalOf(facts, show),
    reader: { kind: bank.test ? 'trial' : 'licensed', name: operatorName },
  });
};

/** What this session renews; undefined too where nothing is known of it any more. */
async function renewalOf(
  { session, now }: Facts,
  { consents, institutions }: Show,
): Promise<ConsentRenewal | undefined> {
  const { merchantId, renewOf, environment } = session;
  const earlier = renewOf === undefined ? undefined : await consents.find(merchantId, renewOf);
  const bank = earlier && (await institutions.find(earlier.bankId, environment));
  if (!bank) return undefined;
  const isLiving = standingOf(earlier, now) === 'authorised';
  return { bankName: bank.name, until: isLiving ? earlier.expiresAt : undefined };
}

/** At most one consent is made at the bank: whoever agrees twice is led to the one that waits for him. */
export const agree: Answer = async ({ tx, facts, input, attempts }) => {
  const { bank, attempt, session } = facts;
  if (!bank || input.bank !== bank.id) return here;
  if (attempt?.stage === 'at-bank') return away;
  return { go: 'begin', opened: await attempts.open(tx, session, bank) };
};

import { present } from '../../core/assert.ts';
import { logoPath } from '../../institutions/logo.ts';
import { accessUntil, historyFrom } from '../../sessions/session-access.ts';
import { type Facts, mayChoose } from '../facts.ts';
import { actionOf } from '../flow-entry.ts';
import { type Answer, away, here, type Step } from '../step.ts';
import { Consent } from '../views/consent.tsx';
import { renderPage } from '../views/render-page.ts';

export function hasBank({ bank }: Facts): boolean {
  return bank !== undefined;
}

/** The explicit agreement. Shown again, by the back button, to someone whose bank waits: agreeing leads there. */
export const consentPage: Step['page'] = async (
  facts,
  { frame, csrf, place, operatorName, institutions },
) => {
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
    reader: { kind: bank.test ? 'trial' : 'licensed', name: operatorName },
  });
};

/** At most one consent is made at the bank: whoever agrees twice is led to the one that waits for him. */
export const agree: Answer = async ({ tx, facts, input, attempts }) => {
  const { bank, attempt, session } = facts;
  if (!bank || input.bank !== bank.id) return here;
  if (attempt?.stage === 'at-bank') return away;
  return { go: 'begin', opened: await attempts.open(tx, session, bank) };
};

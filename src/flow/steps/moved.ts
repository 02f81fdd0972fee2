import { type Facts, isHandedOver } from '../facts.ts';
import { actionOf } from '../flow-entry.ts';
import { type Answer, here, type Step } from '../step.ts';
import { Moved } from '../views/moved.tsx';
import { renderPage } from '../views/render-page.ts';
import { bindBrowser } from '../visit-store.ts';

/** Another browser holds the session, and this one may not (or not without asking) take it over. */
export function isElsewhere(facts: Facts): boolean {
  if (facts.role === 'bearer') return facts.visit !== undefined && isHandedOver(facts);
  return facts.role !== 'holder';
}

export const movedPage: Step['page'] = (facts, { frame, csrf, place }) =>
  renderPage(Moved, {
    frame,
    takeOver: mayTakeOver(facts) ? { action: actionOf(place, 'take-over'), csrf } : undefined,
  });

/** Only a browser that held the session before: it has proven once that it has the link. */
export const takeOver: Answer = async ({ tx, facts, browserHash }) => {
  const { session, visit, now } = facts;
  if (mayTakeOver(facts)) await bindBrowser(tx, session, { browserHash, bankId: visit.bankId, now });
  return here;
};

function mayTakeOver(facts: Facts): boolean {
  return facts.role === 'former' && !isHandedOver(facts);
}

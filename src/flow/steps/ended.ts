import { type Facts, isOver, outcomeOf, returnUrlOf } from '../facts.ts';
import { hrefOf } from '../flow-entry.ts';
import { type Answer, away, type Step } from '../step.ts';
import { Ended } from '../views/ended.tsx';
import { renderPage } from '../views/render-page.ts';

export function isEnded(facts: Facts): boolean {
  return isOver(facts);
}

export const endedPage: Step['page'] = (facts, { frame, place }) =>
  renderPage(Ended, {
    frame,
    outcome: outcomeOf(facts),
    returnUrl: returnUrlOf(facts),
    againUrl: hrefOf(place),
  });

/** No is as easy as yes, at every step. */
export const cancel: Answer = async ({ tx, facts, attempts, sessions }) => {
  if (facts.attempt) await attempts.supersede(tx, facts.attempt);
  await sessions.fail(tx, facts.session, 'cancelled');
  return away;
};

/** A button pressed twice: the first time has ended the session. */
export const leave: Answer = async () => away;

import { present } from '../../core/assert.ts';
import { type Facts, isOver } from '../facts.ts';
import type { Step } from '../step.ts';
import { renderPage } from '../views/render-page.ts';
import { Returned } from '../views/returned.tsx';
import type { ReturnedState } from '../views/texts/texts.ts';

/** A browser that came back from the bank in place of the holder, with nothing more to do there. */
export function hasReturned(facts: Facts): boolean {
  const { role, attempt } = facts;
  if (role !== 'returned') return false;
  return isOver(facts) || (attempt?.stage !== 'exchanging' && attempt?.stage !== 'quarantined');
}

/** Tells how its login ended. It is never sent to the merchant: the session is not its own. */
export const returnedPage: Step['page'] = async (facts, { frame, institutions }) => {
  const attempt = present(facts.attempt, 'the attempt of a returned browser');
  const bank = await institutions.find(attempt.bankId, facts.session.environment);
  return renderPage(Returned, { frame, bankName: bank?.name ?? '', state: stateOf(facts) });
};

function stateOf({ attempt }: Facts): ReturnedState {
  if (attempt?.stage === 'granted') return 'released';
  if (attempt?.stage === 'superseded') return 'ended';
  if (attempt?.failure === 'wrong-codes') return 'wrong-codes';
  if (attempt?.failure === 'timed-out' || attempt?.stage === 'quarantined') return 'too-late';
  return 'elsewhere';
}

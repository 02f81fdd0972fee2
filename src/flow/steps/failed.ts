import { present } from '../../core/assert.ts';
import { codeOfReason } from '../attempt.ts';
import { type Facts, mayChoose } from '../facts.ts';
import { actionOf } from '../flow-entry.ts';
import { type Answer, away, type Step } from '../step.ts';
import { Failed } from '../views/failed.tsx';
import { renderPage } from '../views/render-page.ts';
import type { FailureReason } from '../views/texts/texts.ts';

export function hasFailed({ attempt }: Facts): boolean {
  return attempt?.stage === 'failed';
}

/** A try has failed; the session goes on until the user gives up. */
export const failedPage: Step['page'] = (facts, { frame, csrf, place }) => {
  const reason = reasonOf(facts);
  const { bank } = facts;
  return renderPage(Failed, {
    frame,
    csrf,
    reason,
    bankName: bank?.name ?? '',
    tryAgainAction:
      bank && reason !== 'bank-refused' ? actionOf(place, 'agree', { bank: bank.id }) : undefined,
    otherBankAction: mayChoose(facts) ? actionOf(place, 'other-bank') : undefined,
    back: { kind: 'cancel', action: actionOf(place, 'back') },
  });
};

/** Back to the merchant, who learns what stood in the way. */
export const giveUp: Answer = async ({ tx, facts, sessions }) => {
  await sessions.fail(tx, facts.session, codeOfReason[reasonOf(facts)]);
  return away;
};

function reasonOf({ attempt }: Facts): FailureReason {
  return present(attempt?.failure, 'the reason of a failed attempt');
}

import { present } from '../../core/assert.ts';
import { type Facts, mayChoose } from '../facts.ts';
import { actionOf, leavePath } from '../flow-entry.ts';
import type { Step } from '../step.ts';
import { Approve } from '../views/approve.tsx';
import { renderPage } from '../views/render-page.ts';

/** How often the page looks; how often the bank is asked is decided where it is asked. */
const askEverySeconds = 3;

export function isApproving({ attempt }: Facts): boolean {
  return attempt?.stage === 'approving';
}

/** Waits for what the user does in his bank's app. */
export const appPage: Step['page'] = (facts, { frame, csrf, place, sealed }) => {
  const attempt = present(facts.attempt, 'the attempt that is approved');
  const { prompt } = sealed();
  const { message, code } = present(prompt?.kind === 'app' ? prompt : undefined, 'what is approved');
  return renderPage(Approve, {
    frame,
    csrf,
    bankName: facts.bank?.name ?? '',
    message,
    code,
    now: facts.now,
    expiresAt: present(attempt.waitsUntil, 'the end of an approval'),
    againUrl: leavePath(facts.session),
    askEverySeconds,
    againAction: actionOf(place, 'again', { attempt: attempt.id }),
    otherBankAction: mayChoose(facts) ? actionOf(place, 'other-bank') : undefined,
    cancelAction: actionOf(place, 'cancel'),
  });
};

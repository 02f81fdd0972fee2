import type { Facts } from '../facts.ts';
import { leavePath } from '../flow-entry.ts';
import type { Show, Step } from '../step.ts';
import { renderPage } from '../views/render-page.ts';
import { Waiting } from '../views/waiting.tsx';

const askEverySeconds = 2;

export function isContacting({ attempt }: Facts): boolean {
  return attempt?.stage === 'beginning' || attempt?.stage === 'answering';
}

export function isExchanging({ attempt }: Facts): boolean {
  return attempt?.stage === 'exchanging';
}

/** In a browser that came back in place of the holder, and whose return is still with the bank. */
export function isReturning(facts: Facts): boolean {
  return facts.role === 'returned' && isExchanging(facts);
}

/** Another request of this user is speaking to the bank: this page waits for its end and then leaves. */
export const contactingPage: Step['page'] = (facts, show) => waitingPage('contacting-bank', facts, show);

export const finishingPage: Step['page'] = (facts, show) => waitingPage('finishing', facts, show);

function waitingPage(
  reason: 'contacting-bank' | 'finishing',
  { session, bank }: Facts,
  { frame }: Show,
): string {
  const againUrl = leavePath(session);
  return renderPage(Waiting, { frame, reason, bankName: bank?.name ?? '', againUrl, askEverySeconds });
}

import { present } from '../../core/assert.ts';
import { type Facts, isOver, outcomeOf, returnUrlOf } from '../facts.ts';
import type { Step } from '../step.ts';
import { HandOver } from '../views/hand-over.tsx';
import { renderPage } from '../views/render-page.ts';

/**
 * The flow is left by a page of its own and not by a redirect: CSP form-action stops a redirect that ends a
 * form's POST at another site. Its address is asked for only to leave, so that the back button stays in the flow.
 */
export function isLeaving(facts: Facts): boolean {
  return facts.leaving && facts.role === 'holder' && (isOver(facts) || facts.attempt?.stage === 'at-bank');
}

export const handOverPage: Step['page'] = (facts, { frame, sealed }) => {
  if (isOver(facts)) {
    const to = { kind: 'merchant', outcome: outcomeOf(facts) } as const;
    return renderPage(HandOver, { frame, url: returnUrlOf(facts), to });
  }
  const { url } = sealed();
  return renderPage(HandOver, {
    frame,
    url: present(url, 'the address of the bank'),
    to: { kind: 'bank', bankName: facts.bank?.name ?? '' },
  });
};

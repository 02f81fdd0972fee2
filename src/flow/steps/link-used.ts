import { type Facts, isOver } from '../facts.ts';
import type { Step } from '../step.ts';
import { LinkUsed } from '../views/link-used.tsx';
import { renderPage } from '../views/render-page.ts';

/** It has ended in another browser: how, and where its user went, is told there only. */
export function isEndedElsewhere(facts: Facts): boolean {
  return isOver(facts) && facts.role !== 'holder' && facts.visit !== undefined;
}

export const linkUsedPage: Step['page'] = (_facts, { frame }) => renderPage(LinkUsed, { frame });

import type { Facts } from './facts.ts';
import type { Step } from './step.ts';
import { chooseAnother, chooseBank, chooseBankPage } from './steps/choose-bank.ts';
import { agree, consentPage, hasBank } from './steps/consent.ts';
import { cancel, endedPage, isEnded, leave } from './steps/ended.ts';
import { failedPage, giveUp, hasFailed } from './steps/failed.ts';
import { handOverPage, isLeaving } from './steps/hand-over.ts';
import { isElsewhere, movedPage, takeOver } from './steps/moved.ts';
import {
  enterCodePage,
  isQuarantined,
  mayEnterCode,
  releaseByCode,
  releaseHere,
  releasePage,
} from './steps/release.ts';
import { contactingPage, finishingPage, isBeginning, isExchanging } from './steps/waiting.ts';

/** The flow. The first row whose condition holds is the step that a browser is shown, on every request. */
export const steps: readonly Step[] = [
  row('hand-over', isLeaving, handOverPage, {}),
  row('ended', isEnded, endedPage, { cancel: leave, back: leave, continue: leave }),
  row('enter-code', mayEnterCode, enterCodePage, { code: releaseByCode }),
  row('moved', isElsewhere, movedPage, { 'take-over': takeOver }),
  row('release', isQuarantined, releasePage, { continue: releaseHere, cancel }),
  row('finishing', isExchanging, finishingPage, { cancel }),
  row('contacting', isBeginning, contactingPage, { cancel }),
  row('failed', hasFailed, failedPage, {
    agree,
    choose: chooseBank,
    'other-bank': chooseAnother,
    cancel,
    back: giveUp,
  }),
  row('consent', hasBank, consentPage, { agree, choose: chooseBank, 'other-bank': chooseAnother, cancel }),
  row('choose-bank', always, chooseBankPage, { choose: chooseBank, cancel }),
];

export function stepFor(facts: Facts): Step {
  return steps.find((step) => step.shownWhen(facts)) ?? (steps.at(-1) as Step);
}

/** Steps that the user passes through on his way out; at any other he stays, whatever address he asked for. */
export function isPassing(step: Step): boolean {
  return ['hand-over', 'finishing', 'contacting'].includes(step.name);
}

function row(name: string, shownWhen: Step['shownWhen'], page: Step['page'], answers: Step['answers']): Step {
  return { name, shownWhen, page, answers };
}

function always(): boolean {
  return true;
}

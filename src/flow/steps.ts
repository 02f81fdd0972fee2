import type { Facts } from './facts.ts';
import type { Step } from './step.ts';
import { appPage, isApproving } from './steps/approve.ts';
import { chooseAnother, chooseBank, chooseBankPage } from './steps/choose-bank.ts';
import { agree, consentPage, hasBank } from './steps/consent.ts';
import { cancel, endedPage, isEnded, leave } from './steps/ended.ts';
import { failedPage, giveUp, hasFailed } from './steps/failed.ts';
import { formPage, isAsking, sendForm, startAgain } from './steps/form.ts';
import { handOverPage, isLeaving } from './steps/hand-over.ts';
import { isEndedElsewhere, linkUsedPage } from './steps/link-used.ts';
import { isElsewhere, movedPage, takeOver } from './steps/moved.ts';
import {
  disown,
  enterCodePage,
  isQuarantined,
  mayEnterCode,
  releaseByCode,
  releasePage,
  tryAgainAtBank,
} from './steps/release.ts';
import { hasReturned, returnedPage } from './steps/returned.ts';
import { contactingPage, finishingPage, isContacting, isExchanging, isReturning } from './steps/waiting.ts';

/** The flow. The first row whose condition holds is the step that a browser is shown, on every request. */
export const steps: readonly Step[] = [
  row('hand-over', isLeaving, handOverPage, {}),
  row('returned', hasReturned, returnedPage, {}),
  row('link-used', isEndedElsewhere, linkUsedPage, {}),
  row('ended', isEnded, endedPage, { cancel: leave, back: leave }),
  row('enter-code', mayEnterCode, enterCodePage, { code: releaseByCode, 'not-me': disown }),
  row('returning', isReturning, contactingPage, {}),
  row('moved', isElsewhere, movedPage, { 'take-over': takeOver }),
  row('release', isQuarantined, releasePage, { agree: tryAgainAtBank, cancel }),
  row('finishing', isExchanging, finishingPage, { cancel }),
  row('contacting', isContacting, contactingPage, { cancel }),
  row('form', isAsking, formPage, {
    answer: sendForm,
    again: startAgain,
    choose: chooseBank,
    'other-bank': chooseAnother,
    cancel,
  }),
  row('approve', isApproving, appPage, {
    again: startAgain,
    choose: chooseBank,
    'other-bank': chooseAnother,
    cancel,
  }),
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

/** Steps that the user passes on his way out, or waits at; at any other he stays, whatever address he asked for. */
export function isPassing(step: Step): boolean {
  return ['hand-over', 'returning', 'release', 'finishing', 'contacting', 'approve'].includes(step.name);
}

function row(name: string, shownWhen: Step['shownWhen'], page: Step['page'], answers: Step['answers']): Step {
  return { name, shownWhen, page, answers };
}

function always(): boolean {
  return true;
}

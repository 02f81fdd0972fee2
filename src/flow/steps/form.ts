import { present } from '../../core/assert.ts';
import { endsAt, type Session } from '../../sessions/session.ts';
import { type Attempt, askedId } from '../attempt.ts';
import { bytesOfImage, type ChallengeImage, sizeOfImage } from '../challenge-image.ts';
import { type Facts, mayChoose } from '../facts.ts';
import { actionOf, sessionPlace } from '../flow-entry.ts';
import { type FieldProblem, type FormPrompt, inputName, readValues } from '../prompt.ts';
import { type Answer, here, type Show, type Step } from '../step.ts';
import { BankForm, type FieldEntry, type PictureShown } from '../views/bank-form.tsx';
import { renderPage } from '../views/render-page.ts';

const maxDataLines = 20;

export function isAsking({ attempt }: Facts): boolean {
  return attempt?.stage === 'asking';
}

/** What the bank wants to know. A secret is never in the page that comes back, whatever was wrong with it. */
export const formPage: Step['page'] = (facts, show) => {
  const { frame, csrf, place, problem } = show;
  const attempt = present(facts.attempt, 'the attempt that asks');
  const form = formIn(show);
  const { purpose, challenge } = form;
  const asked = askedId(attempt);
  return renderPage(BankForm, {
    frame,
    csrf,
    asked,
    bankName: facts.bank?.name ?? '',
    operatorName: show.operatorName,
    purpose,
    fields: entriesOf(form, problem?.kind === 'field' ? problem : undefined),
    challenge: {
      text: challenge?.text,
      data: (challenge?.data ?? []).slice(0, maxDataLines),
      picture:
        challenge?.image &&
        pictureOf(challenge.image, `${sessionPlace(facts.session).path}/picture?of=${asked}`),
    },
    now: facts.now,
    expiresAt: endToldByBank(facts.session, attempt),
    answerAction: actionOf(place, 'answer'),
    againAction: actionOf(place, 'again', { attempt: attempt.id }),
    otherBankAction: mayChoose(facts) ? actionOf(place, 'other-bank') : undefined,
    cancelAction: actionOf(place, 'cancel'),
  });
};

function pictureOf(image: ChallengeImage, url: string): PictureShown {
  const bytes = bytesOfImage(image);
  return { url, size: bytes && sizeOfImage(image, bytes) };
}

/** A form that waits as long as the session has no end worth telling. */
function endToldByBank(session: Session, { waitsUntil }: Attempt): Date | undefined {
  return waitsUntil && waitsUntil < endsAt(session) ? waitsUntil : undefined;
}

function formIn({ sealed }: Show): FormPrompt {
  const { prompt } = sealed();
  return present(prompt?.kind === 'form' ? prompt : undefined, 'the form of an attempt');
}

/** What the bank rejected is told until something else was wrong; a field that it does not name is the first. */
function entriesOf(form: FormPrompt, problem: FieldProblem | undefined): FieldEntry[] {
  const { fields, rejected } = form;
  const ofBank = fields.find(({ name }) => name === rejected?.field) ?? fields[0];
  return fields.map((field, index) => {
    const value = field.secret ? '' : (problem?.typed[field.name] ?? field.value ?? '');
    const entry = { ...field, input: inputName(index), value };
    if (problem) return problem.field === field.name ? { ...entry, fault: { kind: problem.fault } } : entry;
    if (!rejected || field !== ofBank) return entry;
    const { triesLeft } = rejected;
    return { ...entry, fault: { kind: 'rejected', ...(triesLeft !== undefined && { triesLeft }) } };
  });
}

/** Goes to the bank if it is the answer to what is asked now; what was asked before has been answered. */
export const sendForm: Answer = async ({ tx, facts, input, attempts }) => {
  const attempt = present(facts.attempt, 'the attempt that asks');
  if (input.asked !== askedId(attempt) || (await attempts.endIfLate(tx, attempt))) return here;
  const read = readValues(await attempts.formOf(tx, attempt), input);
  if ('problem' in read) return { go: 'again', problem: read.problem };
  return { go: 'send', opened: await attempts.openAnswer(tx, facts.session, attempt, read.values) };
};

/** Another try at the same bank. Pressed twice, it begins once. */
export const startAgain: Answer = async ({ tx, facts, input, attempts }) => {
  const { attempt, bank, session } = facts;
  if (!attempt || !bank || input.attempt !== attempt.id) return here;
  await attempts.supersede(tx, attempt);
  return { go: 'begin', opened: await attempts.open(tx, session, bank) };
};

import type { VNode } from 'preact';
import type { FormPurpose } from '../../banking/step.ts';
import { ActionButton, ActionForm, fieldNames } from './action-form.tsx';
import { type FieldEntry, FormEntry } from './bank-form-field.tsx';
import { displayName, displayText } from './display-name.ts';
import { formatMinutesUntil } from './intl.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';

export type { FieldEntry } from './bank-form-field.tsx';

export interface BankFormProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  /** Which question this is. */
  readonly asked: string;
  readonly bankName: string;
  /** Whose Trellis the answer passes through. */
  readonly operatorName: string;
  readonly purpose: FormPurpose;
  readonly fields: readonly FieldEntry[];
  readonly challenge: ChallengeShown;
  readonly now: Date;
  /** When the bank no longer waits, where it says so. */
  readonly expiresAt: Date | undefined;
  readonly answerAction: string;
  /** Has the bank ask anew. */
  readonly againAction: string;
  /** Absent where the session does not let the user choose. */
  readonly otherBankAction?: string | undefined;
  readonly cancelAction: string;
}

/** What the second factor is made from; the words are the bank's. */
export interface ChallengeShown {
  readonly text?: string | undefined;
  readonly data: readonly string[];
  readonly picture?: PictureShown | undefined;
}

export interface PictureShown {
  /** An address of our own. */
  readonly url: string;
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

/** What a bank without a page of its own asks: who its user is, how he wants to confirm, and that he does. */
export function BankForm(props: BankFormProps): VNode {
  const { frame, purpose, fields, csrf } = props;
  const words = textsFor(frame.locale).form.purposes[purpose];
  const bank = displayName(props.bankName);
  const invalid = fields.some(({ fault }) => fault !== undefined);
  return (
    <Layout frame={frame} page={`form-${purpose}`} title={words.title(bank)} step={3} invalid={invalid}>
      <h1>{words.title(bank)}</h1>
      <p class="lead">{words.lead(bank)}</p>
      <ChallengePart {...props} />
      <ActionForm action={props.answerAction} csrf={csrf}>
        <input type="hidden" name={fieldNames.asked} value={props.asked} />
        <Entries {...props} fields={fields.filter((field) => !isFurther(field))} />
        <FurtherEntries {...props} fields={fields.filter(isFurther)} />
        <WhereItGoes {...props} />
        <div class="actions">
          <button type="submit" class="button primary">
            {words.submit}
          </button>
        </div>
      </ActionForm>
      <WaysOut {...props} />
    </Layout>
  );
}

/** What few people need, and what would hide the rest of the page on a phone. */
function isFurther({ label }: FieldEntry): boolean {
  return label === 'further-iban';
}

function Entries({ frame, purpose, bankName, fields }: BankFormProps): VNode {
  const bank = displayName(bankName);
  return (
    <>
      {fields.map((field) => (
        <FormEntry key={field.input} locale={frame.locale} purpose={purpose} bank={bank} field={field} />
      ))}
    </>
  );
}

/** Folded until somebody wants them, or has typed something there. */
function FurtherEntries(props: BankFormProps): VNode | null {
  const { frame, fields } = props;
  if (fields.length === 0) return null;
  const isUsed = fields.some(({ value, fault }) => value !== '' || fault !== undefined);
  return (
    <details class="fold" open={isUsed}>
      <summary>
        {textsFor(frame.locale).form.furtherAccounts}
        <span class="chevron" aria-hidden="true" />
      </summary>
      <Entries {...props} />
    </details>
  );
}

/** Who types a password here is told its way. */
function WhereItGoes({ frame, fields, bankName, operatorName }: BankFormProps): VNode | null {
  if (!fields.some(({ type, secret }) => secret && type === 'password')) return null;
  const { form: words } = textsFor(frame.locale);
  const parties = { bank: displayName(bankName), merchant: displayName(frame.merchant.name) };
  return (
    <div class="note">
      <p>{words.passwordGoes({ ...parties, operator: displayName(operatorName) })}</p>
    </div>
  );
}

function ChallengePart({ frame, bankName, challenge }: BankFormProps): VNode | null {
  const { text, data, picture } = challenge;
  const { form: words } = textsFor(frame.locale);
  const bank = displayName(bankName);
  if (text === undefined && data.length === 0 && picture === undefined) return null;
  return (
    <div class="challenge">
      {text !== undefined && (
        <div class="note">
          <p>
            <b>{words.bankSays(bank)}</b>
          </p>
          <p dir="auto">{displayText(text)}</p>
        </div>
      )}
      {picture !== undefined && (
        <>
          <p class="after">{words.scan}</p>
          <img
            class="scan"
            src={picture.url}
            alt={words.picture(bank)}
            {...(picture.size ?? { width: 1, height: 1 })}
          />
        </>
      )}
      {data.length > 0 && (
        <>
          <p class="after">{words.data}</p>
          <ul class="card lines">
            {data.map((line, index) => (
              <li key={`${index} ${line}`} dir="auto">
                {displayText(line)}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function WaysOut(props: BankFormProps): VNode {
  const { frame, csrf, purpose, otherBankAction } = props;
  const { form: words, approve, actions } = textsFor(frame.locale);
  const bank = displayName(props.bankName);
  const begun = purpose === 'second-factor';
  const duration = props.expiresAt && formatMinutesUntil(props.expiresAt, props.now, frame.locale);
  return (
    <div class="actions ways-out">
      {begun && <p class="small">{words.noCode}</p>}
      {begun && <ActionButton action={props.againAction} csrf={csrf} kind="plain" label={approve.again} />}
      {otherBankAction !== undefined && (
        <ActionButton action={otherBankAction} csrf={csrf} kind="quiet" label={actions.otherBank} />
      )}
      <ActionButton action={props.cancelAction} csrf={csrf} kind="quiet" label={actions.cancel} />
      {duration !== undefined && <p class="small">{approve.waits({ bank, duration })}</p>}
    </div>
  );
}

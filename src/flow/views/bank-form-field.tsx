import type { VNode } from 'preact';
import type { FieldLabel, FormField, FormPurpose } from '../../banking/step.ts';
import type { Locale } from '../../sessions/locale.ts';
import type { FieldFault } from '../prompt.ts';
import { type DisplayName, displayText } from './display-name.ts';
import { Icon } from './icon.tsx';
import { textsFor } from './texts/languages.ts';

/** A field as it is shown. */
export interface FieldEntry extends FormField {
  readonly input: string;
  /** What was typed before; of a secret nothing. */
  readonly value: string;
  readonly fault?: { readonly kind: FieldFault | 'rejected'; readonly triesLeft?: number };
}

export interface FormEntryProps {
  readonly locale: Locale;
  readonly purpose: FormPurpose;
  readonly bank: DisplayName;
  readonly field: FieldEntry;
}

/** A label, what is wrong, what helps, and the field; or the ways that there are to choose from. */
export function FormEntry(props: FormEntryProps): VNode {
  return props.field.type === 'choice' ? <Choice {...props} /> : <Entry {...props} />;
}

/** What a browser may fill in (HTML, section 4.10.18.7). */
const autocomplete: Readonly<Record<FieldLabel, string>> = {
  'user-name': 'username',
  'customer-number': 'username',
  'account-number': 'username',
  iban: 'off',
  'further-iban': 'off',
  'corporate-id': 'off',
  'login-kind': 'off',
  password: 'current-password',
  'additional-password': 'off',
  pin: 'current-password',
  method: 'off',
  code: 'one-time-code',
};

/** Pasted text may bring spaces along; to cut it off silently would make a wrong code or password of it. */
const spareChars = 20;

function Entry(props: FormEntryProps): VNode {
  const { locale, field } = props;
  const { input, hint } = field;
  return (
    <div class="entry">
      <label class="label" for={input}>
        <LabelText locale={locale} field={field} />
      </label>
      {hint !== undefined && (
        <p id={`${input}-hint`} class="hint" dir="auto">
          {displayText(hint)}
        </p>
      )}
      <Fault {...props} />
      {field.type === 'password' ? (
        <input type="password" {...attributesOf(field)} />
      ) : (
        <input {...attributesOf(field)} />
      )}
    </div>
  );
}

function attributesOf({ input, label, hint, characters, fault, value, optional, maxLength }: FieldEntry) {
  const described = [
    ...(fault ? [`${input}-problem`] : []),
    ...(hint === undefined ? [] : [`${input}-hint`]),
  ];
  return {
    id: input,
    class: label === 'code' ? 'input digits' : 'input',
    name: input,
    value: value === '' ? undefined : value,
    inputmode: characters === 'digits' ? ('numeric' as const) : undefined,
    autocomplete: autocomplete[label],
    autocapitalize: 'none' as const,
    autocorrect: 'off',
    spellcheck: false,
    maxlength: maxLength + spareChars,
    'aria-required': optional ? undefined : ('true' as const),
    'aria-describedby': described.length === 0 ? undefined : described.join(' '),
    'aria-invalid': fault === undefined ? undefined : ('true' as const),
  };
}

function LabelText({ locale, field }: Pick<FormEntryProps, 'locale' | 'field'>): VNode {
  const { labels, optional } = textsFor(locale).form;
  return (
    <>
      {labels[field.label]}
      {field.optional && <span class="soft"> ({optional})</span>}
    </>
  );
}

function Choice(props: FormEntryProps): VNode {
  const { locale, field, purpose } = props;
  const { input, options = [], fault } = field;
  return (
    <div
      class="entry"
      role="radiogroup"
      aria-labelledby={`${input}-label`}
      tabindex={fault === undefined ? undefined : -1}
      aria-describedby={fault === undefined ? undefined : `${input}-problem`}
      aria-invalid={fault === undefined ? undefined : 'true'}
    >
      <p id={`${input}-label`} class={purpose === 'choose-method' ? 'vh' : 'label'}>
        <LabelText locale={locale} field={field} />
      </p>
      <Fault {...props} />
      <ul class="card choices">
        {options.map(({ value, text }, index) => (
          <li key={value}>
            <label class="choice">
              <input
                type="radio"
                name={input}
                value={index}
                checked={options.length === 1 || value === field.value}
              />
              <i aria-hidden="true" />
              <span dir="auto">{displayText(text)}</span>
            </label>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Fault({ locale, purpose, bank, field }: FormEntryProps): VNode | null {
  const { fault, input, maxLength } = field;
  if (fault === undefined) return null;
  const { form: words, release } = textsFor(locale);
  const text =
    fault.kind === 'rejected' ? words.rejected[purpose](bank) : words.faults[fault.kind](maxLength);
  return (
    <p id={`${input}-problem`} class="problem">
      <Icon name="alert" />
      {fault.triesLeft === undefined ? text : `${text} ${release.triesLeft(fault.triesLeft)}`}
    </p>
  );
}

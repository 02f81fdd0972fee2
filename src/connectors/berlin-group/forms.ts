import type { Challenge, FormField, FormStep } from '../../banking/step.ts';
import type { BerlinGroupAttempt, ScaCall } from './attempt.ts';
import type { JsonObject } from './json.ts';
import type { Profile } from './profiles.ts';
import { identityFields } from './psu-identity.ts';
import { challengeIn, codeField, methodsIn } from './sca-material.ts';

type Asked = NonNullable<BerlinGroupAttempt['form']>;
type Rejected = NonNullable<FormStep['rejected']>;

const passwordField: FormField = {
  name: 'password',
  label: 'password',
  type: 'password',
  characters: 'any',
  maxLength: 200,
  secret: true,
};

/** Who the user is, and his password where the bank takes it from us. */
export function loginForm(
  profile: Profile,
  attempt: BerlinGroupAttempt,
  purpose: 'bank-details' | 'credentials',
  more: { readonly call?: ScaCall | undefined; readonly rejected?: Rejected | undefined } = {},
): FormStep {
  const identity = identityFields(profile, attempt.psu);
  const fields = purpose === 'credentials' ? [...identity, passwordField] : identity;
  return formStep(attempt, { purpose, fields, ...(more.call && { call: more.call }) }, more.rejected);
}

/** Another password, which some banks ask some customers for after the first. */
export function additionalPasswordForm(
  attempt: BerlinGroupAttempt,
  call: ScaCall,
  rejected?: Rejected,
): FormStep {
  const field: FormField = { ...passwordField, name: 'additionalPassword', label: 'additional-password' };
  return formStep(attempt, { purpose: 'credentials', fields: [field], call }, rejected);
}

/** Undefined where the answer names no method. */
export function methodForm(
  attempt: BerlinGroupAttempt,
  json: JsonObject,
  call: ScaCall,
): FormStep | undefined {
  const options = methodsIn(json);
  if (options.length === 0) return undefined;
  const field: FormField = {
    name: 'method',
    label: 'method',
    type: 'choice',
    options,
    characters: 'any',
    maxLength: 500,
    secret: false,
  };
  return formStep(attempt, { purpose: 'choose-method', fields: [field], call });
}

export function codeForm(
  attempt: BerlinGroupAttempt,
  json: JsonObject,
  call: ScaCall,
  { image, rejected }: { readonly image: Challenge['image']; readonly rejected: Rejected | undefined },
): FormStep {
  const challenge = challengeIn(json, image);
  const asked = { purpose: 'second-factor', fields: [codeField(json)], call } as const;
  return formStep(
    attempt,
    { ...asked, fields: [...asked.fields], ...(challenge && { challenge }) },
    rejected,
  );
}

/** A field is wrong only if it was asked for: some banks must know the user though nobody said so before. */
export function rejectedIfAsked({ form }: BerlinGroupAttempt, field: string): { rejected?: Rejected } {
  return form === undefined ? {} : { rejected: { field } };
}

/** The same form again: what was sent is wrong. */
export function formAgain(attempt: BerlinGroupAttempt, form: Asked, field: string): FormStep {
  return formStep(attempt, form, { field });
}

export function formStep(attempt: BerlinGroupAttempt, form: Asked, rejected?: Rejected): FormStep {
  const { app: _app, oauth: _oauth, ...kept } = attempt;
  return {
    kind: 'form',
    purpose: form.purpose,
    fields: form.fields,
    ...(form.challenge && { challenge: form.challenge }),
    ...(rejected && { rejected }),
    attempt: { ...kept, awaits: 'form', form },
  };
}

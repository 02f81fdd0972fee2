import type { FormField, FormStep } from '../../banking/step.ts';
import { ibanIn } from '../../core/iban.ts';
import type { BerlinGroupAttempt } from './attempt.ts';
import type { BankAnswer } from './errors.ts';
import { formStep } from './forms.ts';
import { refusedAccount } from './refused-field.ts';

type Values = Readonly<Record<string, string>>;

/** One page with so many fields can be overlooked; and few people have more accounts at one bank. */
const names = ['iban1', 'iban2', 'iban3', 'iban4', 'iban5'];

/** 34 characters (ISO 13616), and a blank or a hyphen between four each. */
const maxTypedLength = 50;

/**
 * Which accounts a detailed consent is to name (guidelines section 6.3.1.2). A bank that takes no other consent
 * tells nobody which there are, so their holder has to.
 */
export function accountsForm(
  attempt: BerlinGroupAttempt,
  more: { readonly typed?: Values; readonly rejected?: NonNullable<FormStep['rejected']> } = {},
): FormStep {
  const fields = names.map((name, at) => fieldOf(name, at, more.typed?.[name] ?? attempt.ibans?.[at]));
  return formStep(attempt, { purpose: 'accounts', fields }, more.rejected);
}

/** The accounts that he named, each once, or the field that holds none. */
export function ibansIn(values: Values): { readonly ibans: readonly string[] } | { readonly wrong: string } {
  const ibans = new Set<string>();
  for (const name of names) {
    const typed = (values[name] ?? '').trim();
    if (typed === '') continue;
    const iban = typed.length > maxTypedLength ? undefined : ibanIn(typed);
    if (iban === undefined) return { wrong: name };
    ibans.add(iban);
  }
  return ibans.size === 0 ? { wrong: names[0] ?? '' } : { ibans: [...ibans] };
}

/** The form once more, where the bank has refused one of the accounts. */
export function refusedAccountForm(attempt: BerlinGroupAttempt, answer: BankAnswer): FormStep | undefined {
  const place = attempt.ibans === undefined ? undefined : refusedAccount(answer);
  const field = place === undefined ? undefined : names[place];
  return field === undefined ? undefined : accountsForm(attempt, { rejected: { field } });
}

function fieldOf(name: string, at: number, value: string | undefined): FormField {
  return {
    name,
    label: at === 0 ? 'iban' : 'further-iban',
    type: 'text',
    characters: 'any',
    maxLength: maxTypedLength,
    secret: false,
    ...(at > 0 && { optional: true }),
    ...(value !== undefined && value !== '' && { value }),
  };
}

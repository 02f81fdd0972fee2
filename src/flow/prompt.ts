import type { Challenge, DecoupledStep, FormField, FormPurpose, FormStep } from '../banking/step.ts';

/** What the user is asked or told while the bank waits for him here or in its app. Sealed in his attempt. */
export type Prompt = FormPrompt | AppPrompt;

export interface FormPrompt {
  readonly kind: 'form';
  readonly purpose: FormPurpose;
  readonly fields: readonly FormField[];
  readonly challenge?: Challenge;
  readonly rejected?: { readonly field: string; readonly triesLeft?: number };
}

export interface AppPrompt {
  readonly kind: 'app';
  readonly message?: string;
  readonly code?: string;
  /** How long the bank is left alone after this answer. */
  readonly pauseMs: number;
}

/** By field name. */
export type Values = Readonly<Record<string, string>>;

/** Why what was typed does not go to the bank at all. */
export type FieldFault = 'empty' | 'not-digits' | 'not-text' | 'too-long' | 'not-chosen';

export interface FieldProblem {
  readonly kind: 'field';
  readonly field: string;
  readonly fault: FieldFault;
  /** Less what is secret. */
  readonly typed: Values;
}

/** What a page calls the field; and a choice is its place in the list. Names and values of connectors stay inside. */
export function inputName(index: number): string {
  return `field-${index}`;
}

/**
 * What the user typed, by the form that asked for it. Spaces around it are his keyboard's, and within digits his
 * eye's; in a password each is meant.
 */
export function readValues(
  form: FormPrompt,
  input: Readonly<Record<string, string>>,
): { readonly values: Values } | { readonly problem: FieldProblem } {
  const values: Values = Object.fromEntries(
    form.fields.map((field, index) => [field.name, chosenOrTyped(field, input[inputName(index)] ?? '')]),
  );
  for (const field of form.fields) {
    const fault = faultOf(field, values[field.name] ?? '');
    if (fault) return { problem: { kind: 'field', field: field.name, fault, typed: openOf(form, values) } };
  }
  return { values };
}

function chosenOrTyped({ type, characters, options = [] }: FormField, typed: string): string {
  if (type === 'choice') return options.find((_, index) => String(index) === typed)?.value ?? '';
  if (characters === 'digits') return typed.replace(/[\s-]/g, '');
  return type === 'password' ? typed : typed.trim();
}

function faultOf(field: FormField, value: string): FieldFault | undefined {
  if (value === '' && field.optional) return undefined;
  if (value === '') return field.type === 'choice' ? 'not-chosen' : 'empty';
  if (field.type === 'choice') return undefined;
  if (field.characters === 'digits' && !/^\d+$/.test(value)) return 'not-digits';
  if (/\p{Cc}/u.test(value)) return 'not-text';
  return value.length > field.maxLength ? 'too-long' : undefined;
}

function openOf(form: FormPrompt, values: Values): Values {
  const open = form.fields.filter(({ secret }) => !secret).map(({ name }) => name);
  return Object.fromEntries(Object.entries(values).filter(([name]) => open.includes(name)));
}

export function formPrompt(step: FormStep): FormPrompt {
  const { purpose, fields, challenge, rejected } = step;
  return {
    kind: 'form',
    purpose,
    fields,
    ...(challenge && { challenge }),
    ...(rejected && { rejected }),
  };
}

const minPauseMs = 1_000;
/** Of our own: a bank that asks for more patience gets it, within reason. */
const maxPauseMs = 10_000;
const maxAskedPauseMs = 60_000;
const backoffFactor = 1.5;

/** @param before the prompt that this poll repeats: each pause is longer than the last, up to ten seconds */
export function appPrompt(step: DecoupledStep, before: Prompt | undefined): AppPrompt {
  const asked = Math.min(Math.max(step.pollAfterMs || 0, minPauseMs), maxAskedPauseMs);
  const grown = before?.kind === 'app' ? longerPauseMs(before) : asked;
  return {
    kind: 'app',
    ...(step.message !== undefined && { message: step.message }),
    ...(step.code !== undefined && { code: step.code }),
    pauseMs: Math.max(asked, grown),
  };
}

export function longerPauseMs({ pauseMs }: AppPrompt): number {
  return Math.min(Math.round(pauseMs * backoffFactor), maxPauseMs);
}

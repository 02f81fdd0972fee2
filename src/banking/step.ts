import type { BankConsent, PsuContext } from './consent.ts';

/**
 * All that a connector needs to go on, in another process or after a restart: JSON, opaque to everyone
 * else, encrypted at rest. What a user typed into a secret field never enters it.
 */
export type Attempt = Readonly<Record<string, unknown>>;

/** What has to happen next until a consent is authorised. Four ways of strong customer authentication, one shape. */
export type Step =
  /** The user goes to the bank's own page and comes back to our callback. */
  | { readonly kind: 'redirect'; readonly url: string; readonly attempt: Attempt }
  | DecoupledStep
  | FormStep
  | { readonly kind: 'authorised'; readonly consent: BankConsent }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** The user acts in the bank's app, somewhere else; the bank is asked until it knows. */
export interface DecoupledStep {
  readonly kind: 'decoupled';
  /** What the bank says to him (`psuMessage`); text of the bank, to be shown as text. */
  readonly message?: string;
  /** A number or word that his app shows too, where the bank gives one. */
  readonly code?: string;
  /** Ask again with `resume` of kind `poll`, not before this has passed. */
  readonly pollAfterMs: number;
  /** After this the bank no longer waits. */
  readonly expiresAt: Date;
  readonly attempt: Attempt;
}

/** The bank wants something that the user types or chooses on our page. */
export interface FormStep {
  readonly kind: 'form';
  readonly purpose: FormPurpose;
  readonly fields: readonly FormField[];
  readonly challenge?: Challenge;
  /** Set when this repeats a form: what was sent before was wrong. Absent for a field: nothing to correct there. */
  readonly rejected?: { readonly field: string; readonly triesLeft?: number };
  /** After this the bank no longer waits for it. */
  readonly expiresAt?: Date;
  readonly attempt: Attempt;
}

/**
 * `accounts`: which of his accounts it is about, where the bank does not say which there are. `bank-details`:
 * what names the user at this bank, asked before it hears of him. `credentials`: his online banking login.
 * `choose-method`: which of his second factors. `second-factor`: its code.
 */
export const formPurposes = [
  'accounts',
  'bank-details',
  'credentials',
  'choose-method',
  'second-factor',
] as const;

export type FormPurpose = (typeof formPurposes)[number];

/** Which words name the field on our page; the flow has them in every language. */
export type FieldLabel =
  | 'user-name'
  | 'customer-number'
  | 'account-number'
  | 'iban'
  | 'further-iban'
  | 'password'
  | 'additional-password'
  | 'pin'
  | 'corporate-id'
  | 'login-kind'
  | 'method'
  | 'code';

export interface FormField {
  /** The key of its value in the answer. */
  readonly name: string;
  readonly label: FieldLabel;
  readonly type: 'text' | 'password' | 'choice';
  /** Of a choice; the texts are the bank's. */
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  /** What he typed before, where the form comes again; never of a secret field. */
  readonly value?: string;
  /** What a person may type, for keyboards of phones. */
  readonly characters: 'any' | 'digits';
  readonly maxLength: number;
  /** Passes through memory to the bank within the request that brings it, and is kept nowhere. */
  readonly secret: boolean;
  /** May be left empty. */
  readonly optional?: boolean;
  /** Help text of the bank, to be shown as text. */
  readonly hint?: string;
}

/** What the second factor is made from. */
export interface Challenge {
  /** What the bank says about it; text of the bank, to be shown as text. */
  readonly text?: string;
  /** A photoTAN or flicker image. */
  readonly image?: { readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif'; readonly base64: string };
  /** Lines to be typed into a device, or shown by it. */
  readonly data?: readonly string[];
}

/** `cancelled`: the user stopped at the bank. `denied`: the bank did not let him. `expired`: too late. */
export type RefusalReason = 'cancelled' | 'denied' | 'expired';

/** The user came back from the bank's page. */
export interface BankReturn {
  readonly kind: 'callback';
  /** The callback's query; a parameter that came twice is left out. */
  readonly query: Readonly<Record<string, string>>;
  /**
   * The state for the case that the user is sent to the bank once more (a second page after the first gave a
   * token): unguessable and single use, as the one before, which is used up with this return.
   */
  readonly nextState: string;
  /** As `nokState` of the request. */
  readonly nextNokState: string;
  readonly psu: PsuContext;
}

/** What brings an attempt on. */
export type ResumeInput =
  | BankReturn
  /** The user's answer to a form, by field name. Secret values are used within this call and never kept. */
  | { readonly kind: 'form'; readonly values: Readonly<Record<string, string>>; readonly psu: PsuContext }
  /** It is time to ask the bank again whether the user has acted. */
  | { readonly kind: 'poll'; readonly psu: PsuContext };

import type { ComponentChildren, VNode } from 'preact';

/** The names of the fields that the pages send, for the routes that read them. */
export const fieldNames = {
  csrf: 'csrf',
  bank: 'bank',
  query: 'q',
  market: 'market',
  code: 'code',
  /** Which question a form answers. */
  asked: 'asked',
} as const;

export interface ActionFormProps {
  readonly action: string;
  readonly csrf: string;
  readonly children: ComponentChildren;
}

/** Everything that changes something is a form like this one: POST, with the token that proves our own page. */
export function ActionForm({ action, csrf, children }: ActionFormProps): VNode {
  return (
    <form method="post" action={action}>
      <input type="hidden" name={fieldNames.csrf} value={csrf} />
      {children}
    </form>
  );
}

export interface ActionButtonProps {
  readonly action: string;
  readonly csrf: string;
  readonly kind: ButtonKind;
  readonly label: string;
}

/** `primary` is the way on, `plain` its equal in size, `quiet` a way out that is always there. */
export type ButtonKind = 'primary' | 'plain' | 'quiet';

/** One button that posts, by itself. */
export function ActionButton({ action, csrf, kind, label }: ActionButtonProps): VNode {
  return (
    <ActionForm action={action} csrf={csrf}>
      <button type="submit" class={`button ${kind}`}>
        {label}
      </button>
    </ActionForm>
  );
}

export interface LinkButtonProps {
  readonly href: string;
  readonly kind: ButtonKind;
  readonly label: string;
}

/** A link that looks like a button, for ways that change nothing here. */
export function LinkButton({ href, kind, label }: LinkButtonProps): VNode {
  return (
    <a class={`button ${kind}`} href={href}>
      {label}
    </a>
  );
}

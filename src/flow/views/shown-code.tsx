import type { VNode } from 'preact';
import { displayName } from './display-name.ts';

/** Longer ones are words, which a screen reader reads better by itself. */
const maxSpelt = 12;

/** A code to be compared or typed: six digits in threes for the eye, character by character for a screen reader. */
export function ShownCode({ code }: { readonly code: string }): VNode {
  const shown = displayName(code);
  if (shown.length > maxSpelt) return <p class="code long">{shown}</p>;
  return (
    <p class="code">
      <span aria-hidden="true">{shown.replace(/(?<=^\d{3})(?=\d{3}$)/, '\u00A0')}</span>
      <span class="vh">{[...shown].join(' ')}</span>
    </p>
  );
}

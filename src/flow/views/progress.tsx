import type { VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { textsFor } from './texts/languages.ts';
import type { Outcome } from './texts/texts.ts';

/** The step that the reader is at, 1 to 3, or `finished`. */
export type ProgressStep = 1 | 2 | 3 | 'finished';

/** Of a flow that broke off nothing is ticked. */
export function stepAtEnd(outcome: Outcome): ProgressStep | undefined {
  return outcome === 'pending' || outcome === 'done' ? 'finished' : undefined;
}

/** Three strokes with their names: where one is, and that it is short. */
export function Progress({ locale, step }: { readonly locale: Locale; readonly step: ProgressStep }): VNode {
  const words = textsFor(locale).frame;
  const current = step === 'finished' ? words.steps.length + 1 : step;
  return (
    <ol class="steps" aria-label={words.progress}>
      {words.steps.map((name, index) => (
        <li
          key={name}
          class={index < current ? 'on' : undefined}
          aria-current={index + 1 === current ? 'step' : undefined}
        >
          {name}
          {index + 1 < current && <span class="vh"> ({words.stepDone})</span>}
        </li>
      ))}
    </ol>
  );
}

import type { VNode } from 'preact';
import { ActionForm, fieldNames } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Icon } from './icon.tsx';
import { formatMinutesUntil } from './intl.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';
import type { ReleaseTexts } from './texts/texts.ts';

export interface ReleaseCodeProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  readonly releaseAction: string;
  readonly now: Date;
  /** When the quarantined login is thrown away. */
  readonly expiresAt: Date;
  /** What was wrong with the code that was just typed; `used-up` takes the field away. */
  readonly problem?: CodeProblem | undefined;
}

export type CodeProblem =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  | { readonly kind: 'used-up' };

/**
 * Shown in a browser that came back from the bank without being the one that left for it. Tells nothing about the
 * login, and has no button that would release it without the code.
 */
export function ReleaseCode(props: ReleaseCodeProps): VNode {
  const { frame, problem } = props;
  const words = textsFor(frame.locale).release;
  return (
    <Layout frame={frame} page="release-code" title={words.newTitle} step={3} invalid={problem !== undefined}>
      <div class="mark">
        <Icon name="swap" />
      </div>
      <h1>{words.newTitle}</h1>
      <p class="lead">{words.newBody(displayName(frame.merchant.name))}</p>
      {problem?.kind === 'used-up' ? (
        <div class="note warn" role="alert">
          <p>{words.codeUsedUp}</p>
        </div>
      ) : (
        <CodeForm {...props} />
      )}
      <p class="after small soft">{words.notStarted}</p>
    </Layout>
  );
}

function CodeForm({ frame, csrf, releaseAction, problem, expiresAt, now }: ReleaseCodeProps): VNode {
  const { release: words, actions } = textsFor(frame.locale);
  const error = problem === undefined ? null : problemText(problem, words);
  return (
    <ActionForm action={releaseAction} csrf={csrf}>
      <p class="after">{words.orCode}</p>
      <div class="entry">
        <label class="label" for="code">
          {words.codeLabel}
        </label>
        <p id="code-hint" class="hint">
          {words.codeHint}
        </p>
        {error !== null && (
          <p id="code-problem" class="problem">
            <Icon name="alert" />
            {error}
          </p>
        )}
        <input
          id="code"
          class="input digits"
          name={fieldNames.code}
          inputmode="numeric"
          autocomplete="one-time-code"
          aria-describedby={error === null ? 'code-hint' : 'code-problem code-hint'}
          aria-invalid={error === null ? undefined : 'true'}
        />
      </div>
      <div class="actions">
        <button type="submit" class="button primary">
          {actions.continueHere}
        </button>
        <p class="small">{words.waits(formatMinutesUntil(expiresAt, now, frame.locale))}</p>
      </div>
    </ActionForm>
  );
}

function problemText(problem: CodeProblem, words: ReleaseTexts): string {
  if (problem.kind === 'malformed') return words.codeMalformed;
  if (problem.kind === 'used-up') return words.codeUsedUp;
  return `${words.codeWrong} ${words.triesLeft(problem.triesLeft)}`;
}

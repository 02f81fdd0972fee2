import type { VNode } from 'preact';
import { ActionButton, ActionForm, fieldNames } from './action-form.tsx';
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
  /** Ends the login: whoever is here did not begin it. */
  readonly disownAction: string;
  readonly bankName: string;
  readonly now: Date;
  /** When the quarantined login is thrown away. */
  readonly expiresAt: Date;
  /** What was wrong with the code that was just typed. */
  readonly problem?: CodeProblem | undefined;
}

export type CodeProblem =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'wrong'; readonly triesLeft: number };

/**
 * Shown in a browser that came back from the bank without being the one that left for it. Its user has logged in, and
 * perhaps for somebody who sent him the bank's link: nothing is released without the code of the first browser, and
 * saying no takes one click.
 */
export function ReleaseCode(props: ReleaseCodeProps): VNode {
  const { frame, csrf, problem } = props;
  const words = textsFor(frame.locale).release;
  const parties = { bank: displayName(props.bankName), merchant: displayName(frame.merchant.name) };
  return (
    <Layout frame={frame} page="release-code" title={words.newTitle} step={3} invalid={problem !== undefined}>
      <div class="mark">
        <Icon name="swap" />
      </div>
      <h1>{words.newTitle}</h1>
      <p class="lead">{words.newBody(parties)}</p>
      <div class="note warn">
        <p>
          <b>{words.warning}</b>
        </p>
        <p>{words.warningWhy(parties)}</p>
      </div>
      <CodeForm {...props} />
      <div class="actions">
        <ActionButton action={props.disownAction} csrf={csrf} kind="plain" label={words.notMe} />
        <p class="small">{words.notMeDoes(parties)}</p>
      </div>
    </Layout>
  );
}

function CodeForm({ frame, csrf, releaseAction, problem, expiresAt, now }: ReleaseCodeProps): VNode {
  const { release: words } = textsFor(frame.locale);
  const error = problem === undefined ? null : problemText(problem, words);
  return (
    <ActionForm action={releaseAction} csrf={csrf}>
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
          {words.submitCode}
        </button>
        <p class="small">{words.waits(formatMinutesUntil(expiresAt, now, frame.locale))}</p>
      </div>
    </ActionForm>
  );
}

function problemText(problem: CodeProblem, words: ReleaseTexts): string {
  if (problem.kind === 'malformed') return words.codeMalformed;
  return `${words.codeWrong} ${words.triesLeft(problem.triesLeft)}`;
}

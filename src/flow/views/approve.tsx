import type { VNode } from 'preact';
import { ActionButton } from './action-form.tsx';
import { displayName, displayText } from './display-name.ts';
import { formatMinutesUntil } from './intl.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { ShownCode } from './shown-code.tsx';
import { textsFor } from './texts/languages.ts';

export interface ApproveProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  readonly bankName: string;
  /** What the bank says to its user. */
  readonly message?: string | undefined;
  /** What the app shows too. */
  readonly code?: string | undefined;
  readonly now: Date;
  /** After this the bank no longer waits. */
  readonly expiresAt: Date;
  /** This page again: once the user has approved, it leads on. */
  readonly againUrl: string;
  readonly askEverySeconds: number;
  /** Has the bank ask anew. */
  readonly againAction: string;
  /** Absent where the session does not let the user choose. */
  readonly otherBankAction?: string | undefined;
  readonly cancelAction: string;
}

/** The user acts in his bank's app; nothing to do here but to compare, and to wait. Goes on by itself. */
export function Approve(props: ApproveProps): VNode {
  const { frame, message, code } = props;
  const { approve: words, waiting } = textsFor(frame.locale);
  const bank = displayName(props.bankName);
  return (
    <Layout
      frame={frame}
      page="approve"
      title={words.title}
      step={3}
      refresh={{ url: props.againUrl, afterSeconds: props.askEverySeconds }}
    >
      <div class="spinner" aria-hidden="true" />
      <h1>{words.title}</h1>
      <p class="lead">{words.lead(bank)}</p>
      {message !== undefined && (
        <div class="note">
          <p>
            <b>{words.bankSays(bank)}</b>
          </p>
          <p dir="auto">{displayText(message)}</p>
        </div>
      )}
      {code !== undefined && (
        <>
          <p class="after">{words.compare}</p>
          <ShownCode code={code} />
        </>
      )}
      <p class="after small soft">
        <span id="waits" role="status" data-live>
          {words.waits({ bank, duration: formatMinutesUntil(props.expiresAt, props.now, frame.locale) })}
        </span>{' '}
        {waiting.goesOnByItself}
      </p>
      <a class="link" href={props.againUrl}>
        {waiting.checkNow}
      </a>
      <WaysOut {...props} />
    </Layout>
  );
}

function WaysOut({ frame, csrf, againAction, otherBankAction, cancelAction }: ApproveProps): VNode {
  const { approve: words, actions } = textsFor(frame.locale);
  return (
    <div class="actions">
      <p class="small">{words.nothingCame}</p>
      <ActionButton action={againAction} csrf={csrf} kind="plain" label={words.again} />
      {otherBankAction !== undefined && (
        <ActionButton action={otherBankAction} csrf={csrf} kind="quiet" label={actions.otherBank} />
      )}
      <ActionButton action={cancelAction} csrf={csrf} kind="quiet" label={actions.cancel} />
    </div>
  );
}

import type { VNode } from 'preact';
import { ActionButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Icon } from './icon.tsx';
import { formatMinutesUntil } from './intl.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { ShownCode } from './shown-code.tsx';
import { textsFor } from './texts/languages.ts';

export interface ReleaseProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  /** Ends what waits here, and asks the bank anew. */
  readonly tryAgainAction: string;
  readonly cancelAction: string;
  readonly bankName: string;
  /** Six digits; only this page ever shows them. */
  readonly code: string;
  readonly now: Date;
  /** When the quarantined login is thrown away. */
  readonly expiresAt: Date;
  /** This page again: it goes on by itself once the code was typed in the other browser. */
  readonly againUrl: string;
  readonly askEverySeconds: number;
}

/**
 * Shown in the browser that the session is bound to, while a login that came back elsewhere is in quarantine: it
 * tells the code, and the other browser releases by it. A button here would release whoever's login it is.
 */
export function Release(props: ReleaseProps): VNode {
  const { frame, csrf, bankName } = props;
  const { release: words, actions, waiting } = textsFor(frame.locale);
  return (
    <Layout
      frame={frame}
      page="release"
      title={words.boundTitle}
      step={3}
      refresh={{ url: props.againUrl, afterSeconds: props.askEverySeconds }}
    >
      <div class="mark">
        <Icon name="swap" />
      </div>
      <h1>{words.boundTitle}</h1>
      <p class="lead">{words.boundBody(displayName(frame.merchant.name))}</p>
      <p class="after">{words.showCode(displayName(bankName))}</p>
      <ShownCode code={props.code} />
      <p class="after small soft">
        <span id="waits" data-live>
          {words.waits(formatMinutesUntil(props.expiresAt, props.now, frame.locale))}
        </span>{' '}
        {waiting.goesOnByItself}
      </p>
      <a class="link" href={props.againUrl}>
        {waiting.checkNow}
      </a>
      <div class="note">
        <p>{words.keepCode}</p>
      </div>
      <div class="actions">
        <p class="small">{words.lostIt}</p>
        <ActionButton action={props.tryAgainAction} csrf={csrf} kind="plain" label={words.againAtBank} />
        <ActionButton action={props.cancelAction} csrf={csrf} kind="quiet" label={actions.cancel} />
      </div>
    </Layout>
  );
}

import type { VNode } from 'preact';
import { LinkButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Icon } from './icon.tsx';
import { formatSeconds } from './intl.ts';
import { type Frame, Layout } from './layout.tsx';
import { textsFor } from './texts/languages.ts';
import type { PageTexts } from './texts/texts.ts';

export interface FaultProps {
  readonly frame: Frame;
  /** 500 and 503, 403 (the form's proof was missing or old), 429. */
  readonly fault:
    | { readonly kind: 'unexpected' }
    | { readonly kind: 'forbidden' }
    | { readonly kind: 'too-many'; readonly retryAfterSeconds: number };
  /** A page of the flow that is safe to load again, by GET; absent if there is none. */
  readonly retryUrl?: string | undefined;
  readonly requestId: string;
}

/** An answer that is no step of the flow. Says that nothing is lost, and gives the number that an operator can look up. */
export function Fault({ frame, fault, retryUrl, requestId }: FaultProps): VNode {
  const texts = textsFor(frame.locale);
  const words = wordsOf(frame, fault);
  return (
    <Layout frame={frame} page="fault" title={words.title}>
      <div class="mark warn">
        <Icon name={fault.kind === 'too-many' ? 'clock' : 'alert'} />
      </div>
      <h1>{words.title}</h1>
      <p class="lead">{words.body}</p>
      {retryUrl !== undefined && (
        <div class="actions">
          <LinkButton href={retryUrl} kind="primary" label={texts.actions.reload} />
        </div>
      )}
      <p class="after small soft">{texts.fault.reference(displayName(requestId))}</p>
    </Layout>
  );
}

function wordsOf(frame: Frame, fault: FaultProps['fault']): PageTexts {
  const { unexpected, forbidden, tooMany } = textsFor(frame.locale).fault;
  if (fault.kind === 'unexpected') return unexpected;
  if (fault.kind === 'forbidden') return forbidden;
  const wait = formatSeconds(fault.retryAfterSeconds, frame.locale);
  return { title: tooMany.title, body: tooMany.body(wait) };
}

import type { VNode } from 'preact';
import { LinkButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Icon, type IconName } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { leavingUrl } from './leaving-url.ts';
import { stepAtEnd } from './progress.tsx';
import { textsFor } from './texts/languages.ts';
import type { Outcome } from './texts/texts.ts';

export interface EndedProps {
  readonly frame: MerchantFrame;
  readonly outcome: Outcome;
  /** The session's return address with its parameters. */
  readonly returnUrl: string;
  /** This page again: while what the bank says is being fetched, it looks for the end by itself. */
  readonly againUrl: string;
}

const icons: Readonly<Record<Outcome, IconName>> = {
  pending: 'clock',
  done: 'tick',
  failed: 'alert',
  cancelled: 'stop',
  expired: 'clock',
};

/** A cancellation is no fault. */
const marks: Readonly<Record<Outcome, string>> = {
  pending: 'mark',
  done: 'mark done',
  failed: 'mark warn',
  cancelled: 'mark',
  expired: 'mark warn',
};

const askEverySeconds = 5;

/** The flow has ended and its user is here (again): a reload, the back button, an old link. Leads away by a click only. */
export function Ended({ frame, outcome, returnUrl, againUrl }: EndedProps): VNode {
  const texts = textsFor(frame.locale);
  const words = texts.ended[outcome];
  const merchant = displayName(frame.merchant.name);
  const title = words.title(merchant);
  const pending = outcome === 'pending';
  return (
    <Layout
      frame={frame}
      page={pending ? 'ended-pending' : 'ended'}
      title={title}
      step={stepAtEnd(outcome)}
      refresh={pending ? { url: againUrl, afterSeconds: askEverySeconds } : undefined}
    >
      <div class={marks[outcome]}>
        <Icon name={icons[outcome]} />
      </div>
      <h1>{title}</h1>
      <p class="lead">{words.body(merchant)}</p>
      <div class="actions">
        <LinkButton href={leavingUrl(returnUrl)} kind="primary" label={texts.actions.backTo(merchant)} />
      </div>
    </Layout>
  );
}

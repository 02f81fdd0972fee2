import type { VNode } from 'preact';
import { LinkButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Icon, type IconName } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { leavingUrl } from './leaving-url.ts';
import { textsFor } from './texts/languages.ts';
import type { Outcome } from './texts/texts.ts';

export interface EndedProps {
  readonly frame: MerchantFrame;
  readonly outcome: Outcome;
  /** The session's return address with its parameters. */
  readonly returnUrl: string;
}

const icons: Readonly<Record<Outcome, IconName>> = {
  done: 'tick',
  failed: 'alert',
  cancelled: 'stop',
  expired: 'clock',
};

/** A cancellation is no fault. */
const marks: Readonly<Record<Outcome, string>> = {
  done: 'mark done',
  failed: 'mark warn',
  cancelled: 'mark',
  expired: 'mark warn',
};

/** The session has ended and its user is here (again): a reload, the back button, an old link. Goes nowhere by itself. */
export function Ended({ frame, outcome, returnUrl }: EndedProps): VNode {
  const texts = textsFor(frame.locale);
  const words = texts.ended[outcome];
  const merchant = displayName(frame.merchant.name);
  const progress = outcome === 'done' ? { step: 'finished' as const } : {};
  return (
    <Layout frame={frame} page="ended" title={words.title} {...progress}>
      <div class={marks[outcome]}>
        <Icon name={icons[outcome]} />
      </div>
      <h1>{words.title}</h1>
      <p class="lead">{words.body(merchant)}</p>
      <div class="actions">
        <LinkButton href={leavingUrl(returnUrl)} kind="primary" label={texts.actions.backTo(merchant)} />
      </div>
    </Layout>
  );
}

import type { VNode } from 'preact';
import { LinkButton } from './action-form.tsx';
import { Icon } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';

export interface StrayReturnProps {
  readonly frame: MerchantFrame;
  /** The session that this browser is in the middle of. */
  readonly continueUrl: string;
}

/** A way back from a bank that belongs to nothing we know, in a browser that holds a living session. */
export function StrayReturn({ frame, continueUrl }: StrayReturnProps): VNode {
  const { strayReturn, actions } = textsFor(frame.locale);
  return (
    <Layout frame={frame} page="stray-return" title={strayReturn.title}>
      <div class="mark warn">
        <Icon name="alert" />
      </div>
      <h1>{strayReturn.title}</h1>
      <p class="lead">{strayReturn.body}</p>
      <div class="actions">
        <LinkButton href={continueUrl} kind="primary" label={actions.continueHere} />
      </div>
    </Layout>
  );
}

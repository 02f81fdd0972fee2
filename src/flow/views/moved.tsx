import type { VNode } from 'preact';
import { ActionButton } from './action-form.tsx';
import { Icon } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';

export interface MovedProps {
  readonly frame: MerchantFrame;
  /** Takes the session back to this browser; absent once it has gone to the bank. */
  readonly takeOver?: { readonly action: string; readonly csrf: string } | undefined;
}

/** Shown in a browser that lost the session to another one. */
export function Moved({ frame, takeOver }: MovedProps): VNode {
  const { moved, actions } = textsFor(frame.locale);
  return (
    <Layout frame={frame} page="moved" title={moved.title}>
      <div class="mark">
        <Icon name="swap" />
      </div>
      <h1>{moved.title}</h1>
      <p class="lead">{moved.body}</p>
      {takeOver !== undefined && (
        <div class="actions">
          <ActionButton {...takeOver} kind="plain" label={actions.continueHere} />
        </div>
      )}
    </Layout>
  );
}

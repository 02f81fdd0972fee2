import type { VNode } from 'preact';
import { Icon } from './icon.tsx';
import { type Frame, Layout } from './layout.tsx';
import { textsFor } from './texts/languages.ts';

export interface UnknownLinkProps {
  readonly frame: Frame;
}

/** For a link that leads to no session: it knows no merchant, and says nothing about which links exist. */
export function UnknownLink({ frame }: UnknownLinkProps): VNode {
  const words = textsFor(frame.locale).unknownLink;
  return (
    <Layout frame={frame} page="unknown-link" title={words.title}>
      <div class="mark warn">
        <Icon name="alert" />
      </div>
      <h1>{words.title}</h1>
      <p class="lead">{words.body}</p>
    </Layout>
  );
}

import type { VNode } from 'preact';
import { Icon } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';

/** For a browser that comes by the link after the end. Leads nowhere: the way back belongs to who went it. */
export function LinkUsed({ frame }: { readonly frame: MerchantFrame }): VNode {
  const words = textsFor(frame.locale).linkUsed;
  return (
    <Layout frame={frame} page="link-used" title={words.title}>
      <div class="mark">
        <Icon name="clock" />
      </div>
      <h1>{words.title}</h1>
      <p class="lead">{words.body}</p>
    </Layout>
  );
}

import type { VNode } from 'preact';
import { LinkButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { leavingUrl } from './leaving-url.ts';
import { stepAtEnd } from './progress.tsx';
import { textsFor } from './texts/languages.ts';
import type { Outcome } from './texts/texts.ts';

export interface HandOverProps {
  readonly frame: MerchantFrame;
  /** Absolute; the bank's page, or the session's return address, app schemes included. */
  readonly url: string;
  readonly to:
    | { readonly kind: 'bank'; readonly bankName: string }
    | { readonly kind: 'merchant'; readonly outcome: Outcome };
}

/**
 * Leaves at once, by a refresh and not by a redirect: CSP `form-action` would stop a redirect that ends a form's POST
 * at another site. The link is for browsers that do not follow a refresh.
 */
export function HandOver(props: HandOverProps): VNode {
  const { frame, to } = props;
  const url = leavingUrl(props.url);
  const words = wordsOf(props);
  return (
    <Layout
      frame={frame}
      page="hand-over"
      title={words.title}
      step={to.kind === 'bank' ? 3 : stepAtEnd(to.outcome)}
      refresh={{ url, afterSeconds: 0 }}
    >
      <div class="spinner" aria-hidden="true" />
      <h1>{words.title}</h1>
      <p class="lead">{words.body}</p>
      <div class="actions">
        <LinkButton href={url} kind="primary" label={words.link} />
      </div>
    </Layout>
  );
}

function wordsOf({ frame, to }: HandOverProps): { title: string; body: string; link: string } {
  const { handOver, actions, ended } = textsFor(frame.locale);
  const merchant = displayName(frame.merchant.name);
  if (to.kind === 'bank') {
    return {
      title: handOver.bankTitle(displayName(to.bankName)),
      body: handOver.bankBody,
      link: handOver.bankLink,
    };
  }
  const title =
    to.outcome === 'pending' ? handOver.merchantTitle(merchant) : ended[to.outcome].title(merchant);
  return { title, body: handOver.merchantBody, link: actions.backTo(merchant) };
}

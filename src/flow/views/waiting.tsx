import type { VNode } from 'preact';
import { LinkButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';

export interface WaitingProps {
  readonly frame: MerchantFrame;
  /** `contacting-bank`: before the bank's page. `finishing`: after the bank agreed. */
  readonly reason: 'contacting-bank' | 'finishing';
  readonly bankName: string;
  /** This page again: what it answers once the wait is over is where the user goes. */
  readonly againUrl: string;
  /** How often the page asks by itself. */
  readonly askEverySeconds: number;
}

/** Nothing to do for the user. Goes on by itself, with script or without; the button is for the impatient. */
export function Waiting(props: WaitingProps): VNode {
  const { frame, againUrl, askEverySeconds } = props;
  const words = textsFor(frame.locale).waiting;
  const { title, body } = wordsOf(props);
  return (
    <Layout
      frame={frame}
      page={`waiting-${props.reason}`}
      title={title}
      step={3}
      refresh={{ url: againUrl, afterSeconds: askEverySeconds }}
    >
      <div class="spinner" aria-hidden="true" />
      <div role="status">
        <h1>{title}</h1>
        <p class="lead">{body}</p>
        <p class="soft">{words.goesOnByItself}</p>
      </div>
      <div class="actions">
        <LinkButton href={againUrl} kind="plain" label={words.checkNow} />
      </div>
    </Layout>
  );
}

function wordsOf({ frame, reason, bankName }: WaitingProps): { title: string; body: string } {
  const words = textsFor(frame.locale).waiting;
  const bank = displayName(bankName);
  if (reason === 'contacting-bank') return { title: words.contactingTitle(bank), body: words.contactingBody };
  const merchant = displayName(frame.merchant.name);
  return { title: words.finishingTitle, body: words.finishingBody({ bank, merchant }) };
}

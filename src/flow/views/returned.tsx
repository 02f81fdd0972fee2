import type { VNode } from 'preact';
import { displayName } from './display-name.ts';
import { Icon, type IconName } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';
import type { ReturnedState } from './texts/texts.ts';

export interface ReturnedProps {
  readonly frame: MerchantFrame;
  readonly bankName: string;
  readonly state: ReturnedState;
}

const looks: Readonly<Record<ReturnedState, { readonly mark: string; readonly icon: IconName }>> = {
  released: { mark: 'mark done', icon: 'tick' },
  ended: { mark: 'mark', icon: 'stop' },
  'wrong-codes': { mark: 'mark warn', icon: 'alert' },
  'too-late': { mark: 'mark warn', icon: 'clock' },
  elsewhere: { mark: 'mark', icon: 'swap' },
};

/** How it ended, in the browser that came back from the bank in place of the one that left for it. Leads nowhere. */
export function Returned({ frame, bankName, state }: ReturnedProps): VNode {
  const words = textsFor(frame.locale).returned[state];
  const parties = { bank: displayName(bankName), merchant: displayName(frame.merchant.name) };
  const more = words.more(parties);
  return (
    <Layout frame={frame} page={`returned-${state}`} title={words.title}>
      <div class={looks[state].mark}>
        <Icon name={looks[state].icon} />
      </div>
      <h1>{words.title}</h1>
      <p class="lead">{words.body(parties)}</p>
      {more !== null && (
        <div class="note">
          <p>{more}</p>
        </div>
      )}
    </Layout>
  );
}

import type { Bank } from '../../bank.ts';
import type { Texts } from '../texts/texts.ts';
import { Layout } from './layout.tsx';

export type StopReason = Exclude<keyof Texts['stop'], 'title' | 'nothingShared' | 'advice'>;

export interface StopViewProps {
  readonly texts: Texts;
  readonly bank: Bank | undefined;
  readonly reason: StopReason;
}

/** The PSU may have confirmed before, on another page. */
const mayBeShared: readonly StopReason[] = ['over', 'otherBrowser', 'failed', 'notFound'];

/** A page from which nothing goes on: it says why, and that nothing was shared where that is sure. */
export function StopView({ texts, bank, reason }: StopViewProps) {
  return (
    <Layout texts={texts} bank={bank} title={texts.stop.title}>
      <section class="card message">
        <h1>{texts.stop.title}</h1>
        <p>{texts.stop[reason]}</p>
        <p class="minor">
          {mayBeShared.includes(reason) ? '' : `${texts.stop.nothingShared} `}
          {texts.stop.advice}
        </p>
      </section>
    </Layout>
  );
}

import type { Bank } from '../../bank.ts';
import type { Texts } from '../texts/texts.ts';
import { Layout } from './layout.tsx';

export interface DoneViewProps {
  readonly texts: Texts;
  readonly bank: Bank;
  readonly tpp: string;
  readonly leavesTo: string;
}

/**
 * The way out. A page and not a redirect: browsers hold `form-action` against the whole redirect chain of a
 * form, so a form's POST could not end at the TPP.
 */
export function DoneView({ texts, bank, tpp, leavesTo }: DoneViewProps) {
  return (
    <Layout texts={texts} bank={bank} title={texts.done.title} refresh={`0;url=${leavesTo}`}>
      <section class="card message">
        <h1>{texts.done.title}</h1>
        <p>{texts.done.lead(tpp)}</p>
        <a class="primary" href={leavesTo} id="continue">
          {texts.done.link}
        </a>
      </section>
    </Layout>
  );
}

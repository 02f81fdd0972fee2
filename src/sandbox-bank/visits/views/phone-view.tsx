import { appPath } from '../../addresses.ts';
import type { Bank } from '../../bank.ts';
import type { Texts } from '../texts/texts.ts';
import { Layout } from './layout.tsx';

export interface ShownNotice {
  readonly authorisationId: string;
  readonly bank: Bank;
  readonly customer: string;
  readonly tpp: string;
  /** What would be shared, and for how long, in words. */
  readonly shared: readonly string[];
  readonly period: readonly string[];
  /** Present where a code was sent; absent where an answer is awaited. */
  readonly code?: string;
}

export interface PhoneViewProps {
  readonly texts: Texts;
  readonly notices: readonly ShownNotice[];
  /** What was answered a moment ago. */
  readonly done?: 'approve' | 'decline';
}

/** Requests that wait for a customer's answer, and codes that were sent to him. */
export function PhoneView({ texts, notices, done }: PhoneViewProps) {
  const words = texts.phone;
  return (
    <Layout texts={texts} title={words.title} switchPath={`${appPath}?lang=${texts.otherLanguage.locale}`}>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {done !== undefined && (
        <p class="card" role="status">
          {words.done[done]}
        </p>
      )}
      {notices.length === 0 && <p class="card message">{words.empty}</p>}
      {notices.map((notice) => (
        <section key={notice.authorisationId} class="card fields" data-bank={notice.bank.slug}>
          <p class="signed-in">
            {notice.customer} · {notice.bank.name}
          </p>
          {notice.code === undefined ? (
            <Ask texts={texts} notice={notice} />
          ) : (
            <Code texts={texts} notice={notice} />
          )}
        </section>
      ))}
      <a class="quiet" href={appPath}>
        {words.again}
      </a>
    </Layout>
  );
}

interface NoticeProps {
  readonly texts: Texts;
  readonly notice: ShownNotice;
}

function Ask({ texts, notice }: NoticeProps) {
  const words = texts.phone;
  return (
    <form method="post" action={`${appPath}/${notice.authorisationId}`}>
      <h2 class="ask">{texts.confirm.title(notice.tpp)}</h2>
      <ul class="ticks">
        {notice.shared.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
      <p class="minor">{notice.period.join(' · ')}</p>
      <p class="promise">{texts.confirm.promise}</p>
      <div class="pair">
        <button type="submit" class="quiet" name="decision" value="decline">
          {words.decline}
        </button>
        <button type="submit" class="primary" name="decision" value="approve">
          {words.approve}
        </button>
      </div>
    </form>
  );
}

function Code({ texts, notice: { code, tpp } }: NoticeProps) {
  return (
    <>
      <h2 class="ask">{texts.phone.codeFor(tpp)}</h2>
      <p class="code number">{code}</p>
    </>
  );
}

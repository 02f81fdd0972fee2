import type { VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { type DisplayName, displayName } from './display-name.ts';
import { formatDate } from './intl.ts';
import { textsFor } from './texts/languages.ts';
import type { ConsentTerms } from './texts/texts.ts';

/** One fetch, or unattended reads until that day. */
export type ConsentAccess = { readonly kind: 'once' } | { readonly kind: 'until'; readonly until: Date };

/** Who reads the data: the operator of this installation, who needs a licence for any bank but a test bank. */
export type ConsentReader =
  | { readonly kind: 'licensed'; readonly name: string; readonly registration?: string | undefined }
  | { readonly kind: 'trial'; readonly name: string };

export interface ConsentDetailsProps {
  readonly locale: Locale;
  readonly merchant: DisplayName;
  readonly bank: DisplayName;
  readonly access: ConsentAccess;
  readonly purpose: string | undefined;
  readonly reader: ConsentReader;
}

/** The whole agreement in questions and answers, folded until somebody wants it. */
export function ConsentDetails(props: ConsentDetailsProps): VNode {
  const words = textsFor(props.locale).consent;
  return (
    <details class="fold">
      <summary>
        {words.details}
        <span class="chevron" aria-hidden="true" />
      </summary>
      <dl>
        {answersOf(props, words.terms).map(([term, answer]) => (
          <>
            <dt>{term}</dt>
            <dd>{answer}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}

function answersOf(
  props: ConsentDetailsProps,
  words: ConsentTerms,
): (readonly [term: string, answer: string])[] {
  const { locale, merchant, bank, access, purpose, reader } = props;
  const until = access.kind === 'until' ? formatDate(access.until, locale) : null;
  return [
    [words.whoAsks, merchant],
    [words.whoReads, readerAnswer(reader, words)],
    [words.from, words.fromAnswer(bank)],
    [words.purpose, purpose ?? words.purposeUnknown(merchant)],
    [words.howOften, until === null ? words.howOftenOnce : words.howOftenUntil(until)],
    [words.never, words.neverAnswer],
    [words.stop, until === null ? words.stopOnce : words.stopUntil({ bank, merchant })],
    [words.rights, words.rightsAnswer(merchant)],
  ];
}

function readerAnswer(reader: ConsentReader, words: ConsentTerms): string {
  if (reader.kind === 'trial') return words.whoReadsTrial(displayName(reader.name));
  const registration = reader.registration === undefined ? null : displayName(reader.registration);
  return words.whoReadsAnswer(displayName(reader.name), registration);
}

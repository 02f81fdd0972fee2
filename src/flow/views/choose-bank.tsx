import type { ComponentChildren, VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { ActionButton } from './action-form.tsx';
import { BankList, type BankRow } from './bank-list.tsx';
import { type BankSearch, MarketSelect, SearchForm } from './bank-search.tsx';
import { displayName } from './display-name.ts';
import { Icon } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { textsFor } from './texts/languages.ts';
import type { ChooseBankTexts } from './texts/texts.ts';

export interface ChooseBankProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  readonly search: BankSearch;
  /** Where a chosen bank's id is posted. */
  readonly chooseAction: string;
  readonly cancelAction: string;
  /** Banks that this browser used before; shown above the rest while nothing is searched for. */
  readonly remembered: readonly BankRow[];
  readonly list: BankChoice;
}

export type BankChoice =
  /** The market's well-known banks, before a search. */
  | { readonly kind: 'popular'; readonly banks: readonly BankRow[] }
  /** `more`: the search found more than are shown. `showAllHref`: this page without the search. */
  | {
      readonly kind: 'results';
      readonly banks: readonly BankRow[];
      readonly more: boolean;
      readonly showAllHref: string;
      /** A bank that the term (an IBAN, a bank code) names, and that no connector reaches. */
      readonly notConnected?: string | undefined;
    }
  /** The members of a group. */
  | {
      readonly kind: 'members';
      readonly group: string;
      readonly banks: readonly BankRow[];
      readonly allHref: string;
    };

/** The first step: which bank? Everything works by plain forms; with script the list follows the typing. */
export function ChooseBank(props: ChooseBankProps): VNode {
  const { frame, csrf, search, list, chooseAction } = props;
  const { locale } = frame;
  const texts = textsFor(locale);
  const rows = (banks: readonly BankRow[]) => (
    <BankList locale={locale} banks={banks} action={chooseAction} csrf={csrf} />
  );
  return (
    <Layout frame={frame} page="choose-bank" title={titleOf(list, texts.chooseBank)} step={1}>
      <div id="opening" data-live>
        <Opening {...props} />
      </div>
      <SearchForm locale={locale} search={search} />
      <div id="remembered" class="remembered" data-live>
        {list.kind === 'popular' && props.remembered.length > 0 && (
          <>
            <h2>{texts.chooseBank.remembered(props.remembered.length)}</h2>
            {rows(props.remembered)}
          </>
        )}
      </div>
      <div class="bar">
        <h2 id="heading" data-live>
          {headingOf(props)}
        </h2>
        <MarketSelect locale={locale} search={search} />
      </div>
      <div id="banks" data-live>
        {list.banks.length > 0 && rows(list.banks)}
        <AfterList locale={locale} list={list} />
      </div>
      <p id="found" class="vh" role="status" data-live>
        {list.kind === 'results' && texts.chooseBank.count(list.banks.length)}
      </p>
      <div class="actions">
        <ActionButton action={props.cancelAction} csrf={csrf} kind="quiet" label={texts.actions.cancel} />
      </div>
    </Layout>
  );
}

function Opening({ frame, list }: ChooseBankProps): VNode {
  const words = textsFor(frame.locale).chooseBank;
  if (list.kind !== 'members') {
    return (
      <>
        <h1>{words.title}</h1>
        <p class="lead">{words.lead(displayName(frame.merchant.name))}</p>
      </>
    );
  }
  return (
    <>
      <a class="link back" href={list.allHref}>
        <Icon name="back" />
        {words.allBanks}
      </a>
      <h1>{titleOf(list, words)}</h1>
      <p class="lead">{words.membersLead}</p>
    </>
  );
}

function titleOf(list: BankChoice, words: ChooseBankTexts): string {
  return list.kind === 'members' ? words.membersTitle(displayName(list.group)) : words.title;
}

function headingOf({ frame, search, list }: ChooseBankProps): string {
  const words = textsFor(frame.locale).chooseBank;
  if (list.kind === 'members') return words.count(list.banks.length);
  if (list.kind === 'results') {
    const term = displayName(search.term);
    return list.banks.length > 0 ? words.results(term) : words.nothingFound(term);
  }
  return list.banks.length > 0 ? words.popular : words.noBanks;
}

/** What to do when the right bank is not among the rows. */
function AfterList({ locale, list }: { readonly locale: Locale; readonly list: BankChoice }): VNode {
  const words = textsFor(locale).chooseBank;
  if (list.kind !== 'results') {
    if (list.banks.length > 0) return <After>{words.notListed}</After>;
    return (
      <div class="note">
        <p>{words.noBanksHelp}</p>
      </div>
    );
  }
  const showAll = (
    <a class="link" href={list.showAllHref}>
      {words.showAll}
    </a>
  );
  if (list.banks.length > 0) {
    return (
      <>
        <After>{list.more ? words.more : words.notListed}</After>
        {showAll}
      </>
    );
  }
  return (
    <>
      <div class="note">
        {list.notConnected === undefined ? (
          <p>{words.nothingFoundHelp}</p>
        ) : (
          <>
            <p>
              <b>{words.notConnected(displayName(list.notConnected))}</b>
            </p>
            <p>{words.notConnectedHelp}</p>
          </>
        )}
      </div>
      {showAll}
    </>
  );
}

function After({ children }: { readonly children: ComponentChildren }): VNode {
  return <p class="after small soft">{children}</p>;
}

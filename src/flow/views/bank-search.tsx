import type { VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { fieldNames } from './action-form.tsx';
import { Icon } from './icon.tsx';
import { compareNames, regionName } from './intl.ts';
import { textsFor } from './texts/languages.ts';

/** The form that the market select belongs to, though it stands further down. */
const searchFormId = 'search';

export interface BankSearch {
  /** Where the GET form goes. Its query is replaced by the form's fields: what it needs goes into `keep`. */
  readonly action: string;
  readonly keep: Readonly<Record<string, string>>;
  /** What was searched for, as typed; empty at first. */
  readonly term: string;
  /** ISO 3166-1 alpha-2, or null for all countries. */
  readonly market: string | null;
  readonly markets: readonly string[];
}

/** What a person types; more of a search is not looked at. */
export const maxTermChars = 80;

export function SearchForm({
  locale,
  search,
}: {
  readonly locale: Locale;
  readonly search: BankSearch;
}): VNode {
  const words = textsFor(locale).chooseBank;
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is unknown to browsers of a five-year-old phone
    <form id={searchFormId} class="search field" method="get" action={search.action} role="search">
      {Object.entries(search.keep).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <label class="vh" for="q">
        {words.searchLabel}
      </label>
      <input
        id="q"
        class="input"
        type="search"
        name={fieldNames.query}
        value={search.term}
        placeholder={words.searchPlaceholder}
        maxLength={maxTermChars}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="search"
      />
      <button type="submit" aria-label={words.searchButton}>
        <Icon name="search" />
      </button>
    </form>
  );
}

/** Countries by their names in the reader's language, in that language's order. */
export function MarketSelect({
  locale,
  search,
}: {
  readonly locale: Locale;
  readonly search: BankSearch;
}): VNode {
  const words = textsFor(locale).chooseBank;
  const compare = compareNames(locale);
  const markets = search.markets
    .map((code) => ({ code, name: regionName(code, locale) }))
    .sort((one, other) => compare(one.name, other.name));
  return (
    <>
      <label class="vh" for="market">
        {words.market}
      </label>
      <span class="market">
        <select id="market" name={fieldNames.market} form={searchFormId} autocomplete="off">
          <option value="" selected={search.market === null}>
            {words.anyMarket}
          </option>
          {markets.map(({ code, name }) => (
            <option key={code} value={code} selected={code === search.market}>
              {name}
            </option>
          ))}
        </select>
      </span>
      <noscript>
        <button type="submit" class="link" form={searchFormId}>
          {words.searchButton}
        </button>
      </noscript>
    </>
  );
}

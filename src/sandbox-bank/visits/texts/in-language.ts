import { weightedRanges } from '../../weighted-ranges.ts';
import { type Locale, locales } from '../visit.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Texts } from './texts.ts';

const byLocale: Readonly<Record<Locale, Texts>> = { en, de };

export function textsIn(locale: Locale): Texts {
  return byLocale[locale];
}

/** The locale that a tag such as `de-AT` asks for, if the bank speaks it. */
export function localeOf(tag: string | undefined): Locale | undefined {
  const language = tag?.trim().slice(0, 2).toLowerCase();
  return locales.find((locale) => locale === language);
}

/** The first language that both sides speak: `ui_locales` of OAuth before Accept-Language; else English. */
export function preferredLocale(uiLocales: string | undefined, acceptLanguage: string | undefined): Locale {
  const tags = [...(uiLocales ?? '').split(' '), ...tagsIn(acceptLanguage ?? '')];
  return tags.map(localeOf).find((locale) => locale !== undefined) ?? 'en';
}

/** What is wanted most comes first (RFC 9110 section 12.5.4). */
function tagsIn(acceptLanguage: string): string[] {
  const wanted = weightedRanges(acceptLanguage).filter(({ weight }) => weight > 0);
  return wanted.sort((one, other) => other.weight - one.weight).map(({ range }) => range);
}

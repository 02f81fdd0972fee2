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

/** By weight (RFC 9110 section 12.5.4), which is 1 where none is given; 0 refuses. */
function tagsIn(acceptLanguage: string): string[] {
  const ranges = acceptLanguage.split(',').map((range) => {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { tag, weight: weight === undefined ? 1 : Number(weight) };
  });
  const wanted = ranges.filter(({ weight }) => weight > 0);
  return wanted.sort((one, other) => other.weight - one.weight).map(({ tag }) => tag);
}

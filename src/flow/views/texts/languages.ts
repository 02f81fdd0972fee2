import type { Locale } from '../../../sessions/locale.ts';
import { negotiateLocale } from '../accept-language.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Texts } from './texts.ts';

/** A language is offered as soon as it has a table here; the other locales of the contract read English. */
const tables: Readonly<Partial<Record<Locale, Texts>>> = { en, de };

/** The locales that have words, English first. */
export const offeredLocales: readonly Locale[] = Object.keys(tables) as Locale[];

export function isOffered(locale: Locale): boolean {
  return tables[locale] !== undefined;
}

export function textsFor(locale: Locale): Texts {
  return tables[locale] ?? en;
}

export interface LocaleWishes {
  /** The user's own choice in the language switch. */
  readonly chosen?: Locale | undefined;
  /** The session's `locale`. */
  readonly session?: Locale | undefined;
  /** The `Accept-Language` header. */
  readonly acceptLanguage?: string | undefined;
}

/** The locale to speak: the user's choice, else the session's, else the browser's, else English. */
export function chooseLocale(wishes: LocaleWishes): Locale {
  const named = wishes.chosen ?? wishes.session;
  if (named !== undefined) return isOffered(named) ? named : 'en';
  return negotiateLocale(wishes.acceptLanguage, offeredLocales) ?? 'en';
}

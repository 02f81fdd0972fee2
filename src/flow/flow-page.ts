import type { Merchant } from '../merchants/merchant.ts';
import { type Locale, locales } from '../sessions/locale.ts';
import type { Session } from '../sessions/session.ts';
import type { Facts } from './facts.ts';
import type { FlowDeps } from './flow.ts';
import { hrefOf, type Place, sessionPlace } from './flow-entry.ts';
import type { Show, Step } from './step.ts';
import { Fault, type FaultProps } from './views/fault.tsx';
import type { MerchantFrame } from './views/layout.tsx';
import { renderPage } from './views/render-page.ts';
import { StrayReturn } from './views/stray-return.tsx';
import { chooseLocale, offeredLocales } from './views/texts/languages.ts';
import { UnknownLink } from './views/unknown-link.tsx';

/** One of our locales, or undefined: whatever an address, a cookie or a session says. */
export function toLocale(text: string | undefined): Locale | undefined {
  return locales.find((locale) => locale === text);
}

export interface ReaderWishes {
  /** From the language switch: this address, or an earlier one by cookie. */
  readonly chosen?: Locale | undefined;
  readonly acceptLanguage?: string | undefined;
}

export function localeFor(wishes: ReaderWishes, session?: { readonly locale?: string }): Locale {
  return chooseLocale({ ...wishes, session: toLocale(session?.locale) });
}

/** In which language, and for whose customer, a page is written. */
interface Reader {
  readonly locale: Locale;
  readonly merchant: Merchant;
}

/** The page of a step, in the reader's language and the merchant's colours. */
export async function stepPage(
  step: Step,
  facts: Facts,
  show: Omit<Show, 'frame' | 'institutions' | 'consents' | 'operatorName'> & Reader,
  deps: Pick<FlowDeps, 'institutions' | 'consents' | 'operatorName'>,
): Promise<string> {
  const { locale, merchant, ...rest } = show;
  const { institutions, consents, operatorName } = deps;
  const frame = frameOf(facts.session, { locale, merchant }, show.place);
  return step.page(facts, { ...rest, institutions, consents, operatorName, frame });
}

function frameOf(session: Session, { locale, merchant }: Reader, place: Place): MerchantFrame {
  return {
    locale,
    theme: session.themeVariant,
    merchant: { id: merchant.id, name: merchant.name, accent: merchant.accentColor },
    languages: offeredLocales.map((offered) => ({ locale: offered, href: hrefOf(place, { lang: offered }) })),
  };
}

/** Its languages lead to the session: the address of a return that did not fit is no place to come back to. */
export function strayReturnPage(session: Session, reader: Reader): string {
  const place = sessionPlace(session);
  return renderPage(StrayReturn, { frame: frameOf(session, reader, place), continueUrl: hrefOf(place) });
}

export function unknownLinkPage(locale: Locale): string {
  return renderPage(UnknownLink, { frame: { locale, languages: [] } });
}

export function faultPage(locale: Locale, fault: Omit<FaultProps, 'frame'>): string {
  return renderPage(Fault, { ...fault, frame: { locale, languages: [] } });
}

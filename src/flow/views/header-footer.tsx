import type { VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { displayName } from './display-name.ts';
import { Icon } from './icon.tsx';
import { compareNames, languageName } from './intl.ts';
import { Monogram } from './monogram.tsx';
import { textsFor } from './texts/languages.ts';
import { palettes } from './tokens.ts';

export interface Merchant {
  readonly id: string;
  readonly name: string;
  /** An address of our own. */
  readonly logoUrl?: string | undefined;
  /** `#rrggbb`; anything else is left out. */
  readonly accent?: string | undefined;
}

export interface LanguageLink {
  readonly locale: Locale;
  /** The same page in that language. */
  readonly href: string;
}

export interface FooterLinks {
  readonly privacyUrl?: string | undefined;
  readonly myDataUrl?: string | undefined;
}

export interface FlowHeaderProps {
  readonly locale: Locale;
  readonly merchant: Merchant | undefined;
  readonly languages: readonly LanguageLink[];
}

export function FlowHeader({ locale, merchant, languages }: FlowHeaderProps): VNode {
  return (
    <header class="top">
      {merchant === undefined ? (
        <Brand id="trellis" name="Trellis" accent={palettes.light.accent} />
      ) : (
        <Brand {...merchant} />
      )}
      <LanguageSwitch locale={locale} languages={languages} />
    </header>
  );
}

function Brand({ id, name, logoUrl, accent }: Merchant): VNode {
  return (
    <div class="brand">
      <Monogram id={id} name={name} logoUrl={logoUrl} letters={1} own={accent !== undefined} />
      <span>{displayName(name)}</span>
    </div>
  );
}

/** One other language is a link; more are a list that unfolds, each by its own name. */
function LanguageSwitch({ locale, languages }: Omit<FlowHeaderProps, 'merchant'>): VNode | null {
  const others = languages.filter((language) => language.locale !== locale);
  const [first] = others;
  if (first === undefined) return null;
  const label = textsFor(locale).frame.languages;
  return (
    <nav class="languages" aria-label={label}>
      {others.length === 1 ? (
        <LanguageAnchor {...first} />
      ) : (
        <details>
          <summary>{languageName(locale)}</summary>
          <ul>
            {byName(others, locale).map((language) => (
              <li key={language.locale}>
                <LanguageAnchor {...language} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </nav>
  );
}

function byName(languages: readonly LanguageLink[], locale: Locale): LanguageLink[] {
  const compare = compareNames(locale);
  return languages.toSorted((one, other) => compare(languageName(one.locale), languageName(other.locale)));
}

function LanguageAnchor({ locale, href }: LanguageLink): VNode {
  return (
    <a href={href} lang={locale} hreflang={locale}>
      {languageName(locale)}
    </a>
  );
}

export interface FlowFooterProps {
  readonly locale: Locale;
  readonly links: FooterLinks | undefined;
}

export function FlowFooter({ locale, links = {} }: FlowFooterProps): VNode {
  const words = textsFor(locale).frame;
  return (
    <footer class="foot">
      <span>
        <Icon name="lock" />
        {words.secured}
      </span>
      {links.privacyUrl !== undefined && <a href={links.privacyUrl}>{words.privacy}</a>}
      {links.myDataUrl !== undefined && <a href={links.myDataUrl}>{words.myData}</a>}
    </footer>
  );
}

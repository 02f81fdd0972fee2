import type { ComponentChildren, VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { accentPath, iconAsset, scriptAsset, stylesheetAsset } from './assets.ts';
import { displayName } from './display-name.ts';
import {
  FlowFooter,
  FlowHeader,
  type FooterLinks,
  type LanguageLink,
  type Merchant,
} from './header-footer.tsx';
import { Progress, type ProgressStep } from './progress.tsx';
import { textsFor } from './texts/languages.ts';
import { palettes, type Theme } from './tokens.ts';

/** What every page of one session has in common. */
export interface Frame {
  readonly locale: Locale;
  /** The session's `themeVariant`; without one the reader's system decides. */
  readonly theme?: Theme | undefined;
  /** Absent where no session, and so no merchant, is known. */
  readonly merchant?: Merchant | undefined;
  /** All languages of the switch, this page's own included. */
  readonly languages: readonly LanguageLink[];
  readonly links?: FooterLinks | undefined;
}

/** A frame of a session, which always has a merchant. */
export interface MerchantFrame extends Frame {
  readonly merchant: Merchant;
}

/** Where the page goes by itself, and when. 0 leaves at once; more is a page that waits and asks again. */
export interface Refresh {
  readonly url: string;
  readonly afterSeconds: number;
}

export interface LayoutProps {
  readonly frame: Frame;
  /** Names the kind of page: a page that waits knows by it that the wait is over. */
  readonly page: string;
  readonly title: string;
  readonly step?: ProgressStep | undefined;
  readonly refresh?: Refresh | undefined;
  /** A field was filled in wrongly: said first, in the title. */
  readonly invalid?: boolean;
  readonly children: ComponentChildren;
}

/** The document around every page: head, header, progress, main, footer. All twelve locales read left to right. */
export function Layout(props: LayoutProps): VNode {
  const { frame, page, step, refresh, children } = props;
  const waits = refresh !== undefined && refresh.afterSeconds > 0;
  return (
    <html lang={frame.locale} dir="ltr" data-theme={frame.theme}>
      <Head {...props} />
      <body>
        <FlowHeader locale={frame.locale} merchant={frame.merchant} languages={frame.languages} />
        <main
          data-page={page}
          data-again={waits ? refresh.url : undefined}
          data-seconds={waits ? refresh.afterSeconds : undefined}
        >
          {step !== undefined && <Progress locale={frame.locale} step={step} />}
          {children}
        </main>
        <FlowFooter locale={frame.locale} links={frame.links} />
      </body>
    </html>
  );
}

function Head({ frame, title, refresh, invalid = false }: LayoutProps): VNode {
  const { merchant, theme } = frame;
  const accent = merchant?.accent === undefined ? null : accentPath(merchant.accent);
  const words = [
    invalid ? `${textsFor(frame.locale).frame.error}: ${title}` : title,
    merchant === undefined ? 'Trellis' : displayName(merchant.name),
  ];
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover" />
      <title>{words.join(' · ')}</title>
      <meta name="color-scheme" content={theme ?? 'light dark'} />
      <ThemeColour theme={theme} />
      <meta name="robots" content="noindex" />
      <meta name="format-detection" content="telephone=no" />
      <link rel="stylesheet" href={stylesheetAsset.path} />
      {accent !== null && <link rel="stylesheet" href={accent} />}
      <link rel="icon" type={iconAsset.contentType} href={iconAsset.path} />
      <script src={scriptAsset.path} defer />
      {refresh !== undefined && <RefreshMeta {...refresh} />}
    </head>
  );
}

/** The browser's own frame takes the colour of the paper. */
function ThemeColour({ theme }: { readonly theme: Theme | undefined }): VNode {
  if (theme !== undefined) return <meta name="theme-color" content={palettes[theme].paper} />;
  return (
    <>
      <meta name="theme-color" content={palettes.light.paper} media="(prefers-color-scheme:light)" />
      <meta name="theme-color" content={palettes.dark.paper} media="(prefers-color-scheme:dark)" />
    </>
  );
}

/**
 * A refresh at once is no time limit. A later one would reload the page under its reader (WCAG 2.2, technique F41), so
 * it is there only where no script runs; with script, the page asks in the background.
 */
function RefreshMeta({ url, afterSeconds }: Refresh): VNode {
  const meta = <meta http-equiv="refresh" content={`${afterSeconds};url=${url}`} />;
  return afterSeconds === 0 ? meta : <noscript>{meta}</noscript>;
}

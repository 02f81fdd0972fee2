import type { ComponentChildren } from 'preact';
import type { Texts } from '../texts/texts.ts';
import { stylesheetPath } from './stylesheet.ts';

export interface LayoutProps {
  readonly texts: Texts;
  /** Slug and name of the bank whose page this is; none on pages of the whole process. */
  readonly bank?: { readonly slug: string; readonly name: string } | undefined;
  readonly title: string;
  /** Where the same page is in the other language; without it no switch is shown. */
  readonly switchPath?: string;
  /** Content of `<meta http-equiv="refresh">`. */
  readonly refresh?: string;
  readonly children: ComponentChildren;
}

/** The frame of every page: the bank's band, the mark that nothing here is real, one column. */
export function Layout({ texts, bank, title, switchPath, refresh, children }: LayoutProps) {
  return (
    <html lang={texts.language} data-bank={bank?.slug}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        {refresh !== undefined && <meta http-equiv="refresh" content={refresh} />}
        <title>{bank === undefined ? title : `${title} · ${bank.name}`}</title>
        <link rel="stylesheet" href={stylesheetPath} />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <header>
          <div class="band">
            <div class="band-inner">
              <BankMark />
              <span class="band-name">{bank?.name ?? 'Trellis'}</span>
              {switchPath !== undefined && <LanguageLink texts={texts} path={switchPath} />}
            </div>
          </div>
          <p class="notice">
            <strong>{texts.testBank}.</strong> {texts.testBankExplained}
          </p>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}

function LanguageLink({ texts, path }: { readonly texts: Texts; readonly path: string }) {
  const { locale, name } = texts.otherLanguage;
  return (
    <a class="band-link" href={path} lang={locale} hreflang={locale}>
      {name}
    </a>
  );
}

/** A gable over three columns: every bank's temple. */
function BankMark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" focusable="false">
      <path
        d="M12 3 22 8.5V10H2V8.5zM4.5 11.5h3v7h-3zM10.5 11.5h3v7h-3zM16.5 11.5h3v7h-3zM2 20h20v1.6H2z"
        fill="currentColor"
      />
    </svg>
  );
}

import type { Settings } from '../settings.ts';
import { facade } from './facade.ts';
import { type Html, html } from './html.ts';

export interface Layout {
  readonly settings: Pick<Settings, 'trellisUrl'>;
  readonly title: string;
  /** How the house looks: its window is dark, blinks, or is lit. */
  readonly mood: 'asking' | 'waiting' | 'arrived';
  /** Names what is shown; set while there may be something new, and the page looks for it. */
  readonly liveState?: string | undefined;
  readonly content: Html;
}

const refreshSeconds = 2;

/** The frame of every page: the house and what is at stake, one column of content, and who is behind it. */
export function layout({ settings, title, mood, liveState, content }: Layout): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Juniper Living</title>
<link rel="stylesheet" href="/public/shop.css">
<link rel="icon" href="/public/juniper.svg" type="image/svg+xml">
${mood === 'waiting' ? html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>` : undefined}
<script src="/public/live.js" type="module"></script>
</head>
<body data-mood="${mood}">
<header class="house">
<p class="brand">${sprig} Juniper Living</p>
<dl class="deposit">
<dt>Your deposit</dt>
<dd class="amount">€1,240.00</dd>
<dd class="address">Lindenstraße 12, flat 4</dd>
</dl>
${facade}
</header>
<div class="floor">
<main ${liveState === undefined ? undefined : html`data-live="${liveState}"`}>
${content}
</main>
${footer(settings.trellisUrl)}
</div>
<p id="news" class="unseen" role="status"></p>
</body>
</html>`;
}

function footer(trellisUrl: string): Html {
  return html`<footer>
<p>This shop is an example: the tenants, the money and the bank are made up. Choose <strong>Trellis Test Bank</strong>
and log in as <code>ada</code>.</p>
<p><a href="${trellisUrl}/docs">API reference</a></p>
</footer>`;
}

const sprig = html`<svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true" focusable="false">
<path d="M12 22V5M12 11 6.5 6.5M12 11l5.5-4.5M12 16.5l-6-4.5M12 16.5l6-4.5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/>
<circle cx="12" cy="3.8" r="2.3"/><circle cx="5.3" cy="5.5" r="2.3"/><circle cx="18.7" cy="5.5" r="2.3"/><circle cx="4.8" cy="11.2" r="2.3"/><circle cx="19.2" cy="11.2" r="2.3"/>
</svg>`;

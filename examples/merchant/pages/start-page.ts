import type { Settings } from '../settings.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

export function startPage(settings: Settings): Html {
  return layout({
    settings,
    title: 'Where should we send your deposit?',
    mood: 'asking',
    content: html`<h1>Where should we send your deposit?</h1>
<p class="lead">You have handed in the keys, and all is well. Show us an account that is yours, and we know where the money belongs.</p>
${connectForm('Connect your bank')}
<ul class="promises">
<li>You log in at your bank. We never see your password.</li>
<li>We get your name and account numbers, and no look at your money.</li>
<li>No typing of long numbers, no mistakes.</li>
</ul>`,
  });
}

/** A form, not a link: it makes something, and only a person should. */
export function connectForm(label: string): Html {
  return html`<form method="post" action="/connect"><button type="submit">${label}</button></form>`;
}

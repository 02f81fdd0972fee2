import type { Settings } from '../settings.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';
import { connectForm } from './start-page.ts';

/** Somebody came back who, as far as this browser tells, never left: another browser, an old link, or a trap. */
export function foreignReturnPage(settings: Settings): Html {
  return problemPage(settings, {
    title: 'Let us start afresh',
    lead: 'You came back from a bank, but not by the way that this browser set out on. To keep your deposit safe, nothing was taken from it. If you began in another browser, go on there.',
    action: connectForm('Connect your bank'),
  });
}

/** @param method of the request that failed: what was sent by the form has to be sent by it again */
export function unavailablePage(settings: Settings, method: string | undefined): Html {
  return problemPage(settings, {
    title: 'One moment, please',
    lead: 'We cannot reach our bank connection just now. Your deposit is safe, and nothing is lost. Please try again in a minute.',
    action:
      method === 'POST' ? connectForm('Try again') : html`<p><a class="button" href="">Try again</a></p>`,
  });
}

export function notFoundPage(settings: Settings): Html {
  return problemPage(settings, {
    title: 'Nobody lives here',
    lead: 'There is nothing at this address.',
    action: html`<p><a class="button" href="/">To your deposit</a></p>`,
  });
}

interface Words {
  readonly title: string;
  readonly lead: string;
  readonly action: Html;
}

function problemPage(settings: Settings, { title, lead, action }: Words): Html {
  const content = html`<h1>${title}</h1><p class="lead">${lead}</p>${action}`;
  return layout({ settings, title, mood: 'asking', content });
}

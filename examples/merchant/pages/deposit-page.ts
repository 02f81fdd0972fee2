import { payoutAccounts } from '../payout-accounts.ts';
import type { Settings } from '../settings.ts';
import type { BankData, DataSession } from '../trellis-client.ts';
import type { Webhook } from '../visits.ts';
import { accountList } from './account-list.ts';
import { type Html, html } from './html.ts';
import { type Layout, layout } from './layout.ts';
import { connectForm } from './start-page.ts';

/** What the visitor reads on the way home from the bank: exactly what Trellis says now. */
export function depositPage(settings: Settings, session: DataSession, webhook: Webhook | undefined): Html {
  return layout({ settings, ...viewOf(session, webhook) });
}

type View = Omit<Layout, 'settings'>;

function viewOf(session: DataSession, webhook: Webhook | undefined): View {
  if (session.status === 'failed') return failedView(session.failure?.code);
  if (session.status === 'started') return unfinishedView();
  if (session.status === 'pending') return pendingView();
  if (session.data === undefined) return erasedView();
  return completeView(session.data, webhook);
}

function pendingView(): View {
  const title = 'Your bank said yes';
  return {
    title,
    mood: 'waiting',
    liveState: 'pending',
    content: html`<h1>${title}</h1>
<p class="lead">We are fetching your account. This takes a few seconds, and this page goes on by itself.</p>
<p class="waiting" aria-hidden="true"><i></i><i></i><i></i></p>`,
  };
}

function completeView(data: BankData, webhook: Webhook | undefined): View {
  const { bankName, identity } = data;
  const targets = payoutAccounts(data);
  if (targets.length === 0) return failedView('no_accounts');
  const behind = webhook?.status === 'complete' ? webhook : undefined;
  const title = identity?.name ? `Thank you, ${identity.name}` : 'Thank you';
  const lead =
    targets.length === 1
      ? 'Your deposit can go to this account.'
      : `These ${targets.length} accounts are yours, and your deposit can go to any of them.`;
  return {
    title,
    mood: 'arrived',
    liveState: behind === undefined ? 'complete' : undefined,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${accountList(targets, bankName)}
<p class="kind">This example ends here, and pays nobody. A shop of your own would now ask for a last yes, and pay.</p>
${webhookDetails(behind)}
<p class="again"><a href="/">Start again</a></p>`,
  };
}

/** For whoever builds the like: what the shop was sent. A real shop would not show it. */
function webhookDetails(webhook: Webhook | undefined): Html {
  const printed = webhook === undefined ? undefined : JSON.stringify(JSON.parse(webhook.text), null, 2);
  return html`<details class="webhook"><summary>The webhook behind this</summary>${
    printed === undefined
      ? html`<p>It has not arrived yet. What you see was asked of the API.</p>`
      : html`<pre tabindex="0" role="region" aria-label="Webhook as JSON">${printed}</pre>`
  }</details>`;
}

function unfinishedView(): View {
  const title = 'You are not done yet';
  return {
    title,
    mood: 'asking',
    liveState: 'started',
    content: html`<h1>${title}</h1>
<p class="lead">You left before your bank could confirm. Nothing was shared with us. Start again whenever you like.</p>
${connectForm('Connect your bank')}`,
  };
}

function erasedView(): View {
  const title = 'Your data have been erased';
  return {
    title,
    mood: 'asking',
    content: html`<h1>${title}</h1>
<p class="lead">We no longer hold anything about your account. You can connect it again.</p>
${connectForm('Connect your bank')}`,
  };
}

/** Every code has its words; one that is new to this shop gets those of the last. */
const failures: Readonly<Record<string, readonly [title: string, lead: string]>> = {
  cancelled: [
    'No problem',
    'You changed your mind, and nothing was shared with us. Your deposit is safe; connect your bank whenever you like.',
  ],
  expired: [
    'That took a little long',
    'For your safety a connection waits for a limited time only. Nothing was shared. Please start again.',
  ],
  bank_denied: [
    'Your bank said no',
    'You have done nothing wrong, and nothing was shared. Another account may work at once.',
  ],
  bank_unavailable: [
    'Your bank is not answering',
    'That is not your fault, and your deposit is safe. Try again in half an hour, or take an account at another bank.',
  ],
  no_accounts: [
    'We found no account there',
    'The bank let you in, but showed no account of yours that money could be sent to. Perhaps it belongs to another login.',
  ],
  internal: ['That did not work', 'It is not your fault, and your deposit is safe. Please try again.'],
};

function failedView(code = 'internal'): View {
  const [title, lead] = failures[code] ?? failures.internal ?? ['', ''];
  return {
    title,
    mood: 'asking',
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${connectForm('Try again')}`,
  };
}

import type { PayoutAccount } from '../payout-accounts.ts';
import { type Html, html } from './html.ts';

/** ISO 4217's word for no currency: accounts that hold several say so. */
const severalCurrencies = 'XXX';

export function accountList(targets: readonly PayoutAccount[], bankName: string): Html {
  return html`<ul class="accounts">${targets.map((target) => row(target, bankName))}</ul>`;
}

function row({ account, number, isIban }: PayoutAccount, bankName: string): Html {
  const { name, accountType, currency } = account;
  const type = accountType === 'savings' ? 'Savings account' : 'Current account';
  return html`<li>
<p class="bank">${bankName}</p>
${shortened(number, isIban)}
<p class="kind">${name || type} · ${currency === severalCurrencies ? 'several currencies' : currency}</p>
</li>`;
}

/** Enough to know one's own account by; whoever looks over a shoulder learns nothing to use. */
function shortened(number: string, isIban: boolean): Html {
  const last = number.replace(/\s/g, '').slice(-4);
  const country = isIban ? `${number.slice(0, 2)} ` : '';
  return html`<p class="number"><span aria-hidden="true">${country}•••• •••• ${last}</span><span class="unseen">${
    isIban ? 'IBAN' : 'Account number'
  } ending in ${last}</span></p>`;
}

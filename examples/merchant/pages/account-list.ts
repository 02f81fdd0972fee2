import type { Account, FinancialAddress } from '../trellis-client.ts';
import { type Html, html } from './html.ts';

const typeNames: Readonly<Record<string, string>> = {
  checking: 'Current account',
  savings: 'Savings account',
  credit: 'Credit account',
  card: 'Card',
  loan: 'Loan',
  investment: 'Investment account',
  insurance: 'Insurance',
};

/** ISO 4217's word for no currency: accounts that hold several say so. */
const severalCurrencies = 'XXX';

export function accountList(accounts: readonly Account[], bankName: string): Html {
  return html`<ul class="accounts">${accounts.map((account) => row(account, bankName))}</ul>`;
}

function row(account: Account, bankName: string): Html {
  const { name, accountType, currency, financialAddress } = account;
  return html`<li>
<p class="bank">${bankName}</p>
${number(financialAddress)}
<p class="kind">${name || typeNames[accountType] || 'Account'} · ${currency === severalCurrencies ? 'several currencies' : currency}</p>
</li>`;
}

/** Enough to know one's own account by; whoever looks over a shoulder learns nothing to use. */
function number(address: FinancialAddress | undefined): Html | undefined {
  const whole =
    address?.iban?.iban ??
    address?.bankCode?.accountNumber ??
    address?.bban?.bban ??
    address?.maskedPan?.maskedPan;
  if (whole === undefined) return undefined;
  const last = whole.replace(/\s/g, '').slice(-4);
  const country = address?.iban ? whole.slice(0, 2) : '';
  return html`<p class="number"><span aria-hidden="true">${country === '' ? '' : `${country} `}•••• •••• ${last}</span><span class="unseen">${
    address?.iban ? 'IBAN' : 'Account number'
  } ending in ${last}</span></p>`;
}

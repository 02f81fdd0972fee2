import type { Bank } from '../../bank.ts';
import { type Account, numberText } from '../../personas/account.ts';
import { groupedIban } from '../../personas/iban.ts';
import type { Texts } from '../texts/texts.ts';
import { Layout } from './layout.tsx';

export interface ConfirmViewProps {
  readonly texts: Texts;
  readonly bank: Bank;
  readonly psuName: string;
  readonly tpp: { readonly name: string; readonly organisation?: string | undefined; readonly host: string };
  readonly accounts: readonly Account[];
  /** The PSU may leave accounts out. */
  readonly picks: boolean;
  /** The consent names accounts, and none of them is this person's. */
  readonly asksForOthers: boolean;
  readonly shared: readonly string[];
  /** When and how often, in words. */
  readonly period: readonly string[];
  readonly path: string;
  readonly switchPath: string;
  /** Fault duplicate-callback: decide in a new tab, while this one comes after. */
  readonly returnsTwice: boolean;
}

/** Seconds after which the first tab follows the second: long enough to read and press a button in it. */
const followSeconds = 3;

export function ConfirmView(props: ConfirmViewProps) {
  const { texts, bank, tpp, path, returnsTwice } = props;
  const words = texts.confirm;
  const follows = returnsTwice ? { refresh: `${followSeconds}` } : {};
  return (
    <Layout
      texts={texts}
      bank={bank}
      title={words.title(tpp.name)}
      switchPath={props.switchPath}
      {...follows}
    >
      <p class="signed-in">{words.signedInAs(props.psuName)}</p>
      <h1>{words.title(tpp.name)}</h1>
      <form method="post" action={path} target={returnsTwice ? '_blank' : undefined}>
        <section class="card">
          <h2>{words.shared}</h2>
          <ul class="ticks">
            {props.shared.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
          <Facts {...props} />
          <p class="promise">{words.promise}</p>
        </section>
        <AccountList {...props} />
        <div class="actions">
          {!props.asksForOthers && (
            <button type="submit" class="primary" name="decision" value="confirm">
              {words.confirm}
            </button>
          )}
          <button type="submit" class="quiet" name="decision" value="decline">
            {words.decline}
          </button>
        </div>
      </form>
    </Layout>
  );
}

function Facts({ texts, period, tpp }: ConfirmViewProps) {
  return (
    <dl class="facts">
      <dt>{texts.confirm.period}</dt>
      {period.map((line) => (
        <dd key={line}>{line}</dd>
      ))}
      <dt>{texts.confirm.recipient}</dt>
      <dd>
        {tpp.name}
        {tpp.organisation !== undefined && <span class="minor">{tpp.organisation}</span>}
        {tpp.host !== tpp.name && <span class="minor">{tpp.host}</span>}
      </dd>
    </dl>
  );
}

function AccountList({ texts, accounts, picks, asksForOthers }: ConfirmViewProps) {
  const words = texts.confirm;
  return (
    <fieldset class="card">
      <legend>{picks && accounts.length > 0 ? words.pickAccounts : words.accounts}</legend>
      {accounts.length === 0 && (
        <p class="empty">{asksForOthers ? words.foreignAccounts : words.noAccounts}</p>
      )}
      <ul class="rows">
        {accounts.map((account) => (
          <li key={account.key}>
            {picks ? (
              <label class="row">
                <input type="checkbox" name="account" value={account.key} checked />
                <AccountText account={account} texts={texts} />
              </label>
            ) : (
              <div class="row">
                <AccountText account={account} texts={texts} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function AccountText({ account, texts }: { readonly account: Account; readonly texts: Texts }) {
  const number = numberText(account.number);
  // The bank's products have German names.
  const title = texts.language === 'de' ? account.product : account.name;
  const currency = account.currency === 'XXX' ? texts.confirm.multiCurrency : account.currency;
  return (
    <>
      <span class="row-text">
        <span class="row-title">{account.displayName ?? title}</span>
        <span class="row-help number">{'iban' in account.number ? groupedIban(number) : number}</span>
      </span>
      <span class="row-side">
        {currency}
        {account.status === 'blocked' && <span class="chip">{texts.confirm.blocked}</span>}
      </span>
    </>
  );
}

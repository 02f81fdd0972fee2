import type { VNode } from 'preact';
import type { Locale } from '../../sessions/locale.ts';
import { ActionForm, fieldNames } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Monogram } from './monogram.tsx';
import { textsFor } from './texts/languages.ts';
import type { ChooseBankTexts } from './texts/texts.ts';

export interface BankRow {
  readonly id: string;
  readonly name: string;
  readonly logoUrl?: string | undefined;
  /** What tells it from its namesakes: a town, a BIC. Shown where nothing more pressing is to be said. */
  readonly detail?: string | undefined;
  readonly health: 'good' | 'degraded' | 'down';
  readonly test: boolean;
  /** Of a group: where its members are. It is no bank to choose. */
  readonly membersHref?: string | undefined;
}

export interface BankListProps {
  readonly locale: Locale;
  readonly banks: readonly BankRow[];
  readonly action: string;
  readonly csrf: string;
}

/** Banks as rows, each a button that posts its id. */
export function BankList({ locale, banks, action, csrf }: BankListProps): VNode {
  return (
    <ActionForm action={action} csrf={csrf}>
      <ul class="card banks">
        {banks.map((bank) => (
          <li key={bank.id}>
            <Row locale={locale} bank={bank} />
          </li>
        ))}
      </ul>
    </ActionForm>
  );
}

function Row({ locale, bank }: { readonly locale: Locale; readonly bank: BankRow }): VNode {
  const help = helpOf(bank, textsFor(locale).chooseBank.hints);
  const content = (
    <>
      <Monogram id={bank.id} name={bank.name} logoUrl={bank.logoUrl} letters={2} />
      <span>
        <b>{displayName(bank.name)}</b>
        {help !== null && <small class={bank.health === 'good' ? undefined : 'warn'}>{help}</small>}
      </span>
      <span class="chevron" aria-hidden="true" />
    </>
  );
  if (bank.membersHref !== undefined)
    return (
      <a class="row" href={bank.membersHref}>
        {content}
      </a>
    );
  return (
    <button type="submit" class="row" name={fieldNames.bank} value={bank.id}>
      {content}
    </button>
  );
}

/** One line: what may stop the user comes before what only helps him. */
function helpOf(bank: BankRow, hints: ChooseBankTexts['hints']): string | null {
  if (bank.health !== 'good') return hints[bank.health];
  if (bank.test) return hints.test;
  if (bank.membersHref !== undefined) return hints.members;
  return bank.detail === undefined ? null : displayName(bank.detail);
}

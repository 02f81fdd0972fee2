import type { VNode } from 'preact';
import type { Permission } from '../../banking/permission.ts';
import { ActionButton, ActionForm } from './action-form.tsx';
import { type ConsentAccess, ConsentDetails, type ConsentReader } from './consent-details.tsx';
import { displayName } from './display-name.ts';
import { Icon } from './icon.tsx';
import { formatDate } from './intl.ts';
import { Layout, type MerchantFrame } from './layout.tsx';
import { Monogram } from './monogram.tsx';
import { textsFor } from './texts/languages.ts';
import type { ConsentItem, ConsentTexts } from './texts/texts.ts';

export interface ConsentProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  readonly agreeAction: string;
  readonly declineAction: string;
  /** Absent where the session does not let the user choose. */
  readonly otherBankAction?: string | undefined;
  readonly bank: ConsentBank;
  readonly permissions: readonly Permission[];
  /** The first day whose transactions are read; shown with `transactions` only. */
  readonly transactionsFrom: Date;
  readonly access: ConsentAccess;
  /** The connection that this one takes the place of. */
  readonly renewal?: ConsentRenewal | undefined;
  /** The merchant's own words for what it needs the data. */
  readonly purpose?: string | undefined;
  readonly reader: ConsentReader;
}

export interface ConsentRenewal {
  /** The bank of the older connection: another one may be chosen for the new. */
  readonly bankName: string;
  /** Absent where the older connection has ended. */
  readonly until?: Date | undefined;
}

export interface ConsentBank {
  readonly id: string;
  readonly name: string;
  readonly logoUrl?: string | undefined;
  readonly health: 'good' | 'degraded' | 'down';
}

/** The explicit agreement: who gets what, from which bank, once or until when, for what. No is as easy as yes. */
export function Consent(props: ConsentProps): VNode {
  const { frame, bank, csrf } = props;
  const words = textsFor(frame.locale).consent;
  return (
    <Layout frame={frame} page="consent" title={titleOf(props)} step={2}>
      <Pair {...props} />
      <h1>{titleOf(props)}</h1>
      <Renewal {...props} />
      <p class="lead">{words.lead(displayName(bank.name))}</p>
      <Health {...props} />
      <ul class="card items">
        {itemsOf(props, words).map((item) => (
          <li key={item.name}>
            <Icon name="tick" />
            <span>
              <b>{item.name}</b>
              <small>{item.detail}</small>
            </span>
          </li>
        ))}
      </ul>
      <div class="note">
        <p>{noteOf(props, words)}</p>
        <p>{words.noteSafe}</p>
      </div>
      <div class="actions">
        <ActionButton action={props.agreeAction} csrf={csrf} kind="primary" label={words.agree} />
        {bank.health !== 'good' && props.otherBankAction !== undefined && (
          <ActionButton
            action={props.otherBankAction}
            csrf={csrf}
            kind="plain"
            label={textsFor(frame.locale).actions.otherBank}
          />
        )}
        <ActionButton action={props.declineAction} csrf={csrf} kind="plain" label={words.decline} />
        <p class="small">{words.next(displayName(bank.name))}</p>
      </div>
      <ConsentDetails
        locale={frame.locale}
        merchant={displayName(frame.merchant.name)}
        bank={displayName(bank.name)}
        access={props.access}
        purpose={props.purpose}
        reader={props.reader}
      />
      <p class="after small soft">{readerOf(props, words)}</p>
    </Layout>
  );
}

/** Nobody is to take a renewal for one more connection, nor fear that the older one is gone already. */
function Renewal({ frame, renewal }: ConsentProps): VNode | null {
  if (renewal === undefined) return null;
  const until = renewal.until === undefined ? null : formatDate(renewal.until, frame.locale);
  return <p class="lead">{textsFor(frame.locale).consent.renews(displayName(renewal.bankName), until)}</p>;
}

/** A bank that fails is said to, before he spends time on it; the choice stays his. */
function Health({ frame, bank }: ConsentProps): VNode | null {
  if (bank.health === 'good') return null;
  const words = textsFor(frame.locale).consent;
  return (
    <div class="note warn">
      <p>
        <b>{words[bank.health](displayName(bank.name))}</b>
      </p>
      <p>{words.tryAnyway}</p>
    </div>
  );
}

/** From the bank to the merchant, as a picture; beside it the way to another bank. */
function Pair({ frame, bank, csrf, otherBankAction }: ConsentProps): VNode {
  const { merchant, locale } = frame;
  return (
    <div class="pair">
      <Monogram id={bank.id} name={bank.name} logoUrl={bank.logoUrl} letters={2} large />
      <svg viewBox="0 0 32 16" width="32" height="16" aria-hidden="true">
        <path d="M2 8h.01M9 8h.01M16 8h.01M22 3l6 5-6 5" />
      </svg>
      <Monogram
        id={merchant.id}
        name={merchant.name}
        logoUrl={merchant.logoUrl}
        letters={1}
        own={merchant.accent !== undefined}
        large
      />
      {otherBankAction !== undefined && (
        <ActionForm action={otherBankAction} csrf={csrf}>
          <button type="submit" class="link">
            {textsFor(locale).consent.otherBank}
          </button>
        </ActionForm>
      )}
    </div>
  );
}

function titleOf({ frame, access }: ConsentProps): string {
  const words = textsFor(frame.locale).consent;
  const merchant = displayName(frame.merchant.name);
  if (access.kind === 'once') return words.titleOnce(merchant);
  return words.titleUntil(merchant, formatDate(access.until, frame.locale));
}

/** Accounts come with every permission: what is shared is always said whole. */
function itemsOf({ frame, permissions, transactionsFrom }: ConsentProps, words: ConsentTexts): ConsentItem[] {
  const { identity, accounts, balances, transactions } = words.items;
  const items = [accounts];
  if (permissions.includes('identity')) items.unshift(identity);
  if (permissions.includes('balances')) items.push(balances);
  if (permissions.includes('transactions')) {
    const since = formatDate(transactionsFrom, frame.locale);
    items.push({ name: transactions.name, detail: transactions.detail(since) });
  }
  return items;
}

function noteOf({ frame, access }: ConsentProps, words: ConsentTexts): string {
  if (access.kind === 'once') return words.noteOnce;
  return words.noteUntil(displayName(frame.merchant.name), formatDate(access.until, frame.locale));
}

function readerOf({ frame, reader }: ConsentProps, words: ConsentTexts): string {
  return words[reader.kind](displayName(reader.name), displayName(frame.merchant.name));
}

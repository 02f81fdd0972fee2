import type { VNode } from 'preact';
import { ActionButton, LinkButton } from './action-form.tsx';
import { displayName } from './display-name.ts';
import { Icon, type IconName } from './icon.tsx';
import { Layout, type MerchantFrame } from './layout.tsx';
import { leavingUrl } from './leaving-url.ts';
import { textsFor } from './texts/languages.ts';
import type { FailureReason } from './texts/texts.ts';

export interface FailedProps {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  readonly reason: FailureReason;
  readonly bankName: string;
  /** Absent where trying again cannot help. */
  readonly tryAgainAction?: string | undefined;
  /** Absent where the session does not let the user choose. */
  readonly otherBankAction?: string | undefined;
  /** Back to the merchant: by ending a session that lives, or by a link from one that has ended. */
  readonly back:
    | { readonly kind: 'cancel'; readonly action: string }
    | { readonly kind: 'leave'; readonly url: string };
}

const icons: Readonly<Record<FailureReason, IconName>> = {
  'bank-down': 'alert',
  'bank-refused': 'stop',
  'cancelled-at-bank': 'stop',
  'timed-out': 'clock',
  interrupted: 'alert',
  'wrong-codes': 'alert',
  'not-let-in': 'alert',
  'no-accounts': 'alert',
  internal: 'alert',
};

/** An attempt at a bank ended; the session may go on. What happened, whose fault it is not, and what to do now. */
export function Failed(props: FailedProps): VNode {
  const { frame, reason } = props;
  const words = textsFor(frame.locale).failed[reason];
  const merchant = displayName(frame.merchant.name);
  const bank = displayName(props.bankName);
  return (
    <Layout frame={frame} page="failed" title={words.title(bank)} step={3}>
      <div class={reason === 'cancelled-at-bank' ? 'mark' : 'mark warn'}>
        <Icon name={icons[reason]} />
      </div>
      <h1>{words.title(bank)}</h1>
      <p class="lead">{words.body({ bank, merchant })}</p>
      <div class="note">
        <p>
          <b>{words.shared(merchant)}</b>
        </p>
        <p>{words.now({ bank, merchant })}</p>
      </div>
      <WaysOn {...props} />
    </Layout>
  );
}

/** The first way that is open is the primary one. */
function WaysOn({ frame, csrf, tryAgainAction, otherBankAction, back }: FailedProps): VNode {
  const { actions } = textsFor(frame.locale);
  const backLabel = actions.backTo(displayName(frame.merchant.name));
  const otherBankKind = tryAgainAction === undefined ? 'primary' : 'plain';
  return (
    <div class="actions">
      {tryAgainAction !== undefined && (
        <ActionButton action={tryAgainAction} csrf={csrf} kind="primary" label={actions.tryAgain} />
      )}
      {otherBankAction !== undefined && (
        <ActionButton action={otherBankAction} csrf={csrf} kind={otherBankKind} label={actions.otherBank} />
      )}
      {back.kind === 'cancel' ? (
        <ActionButton action={back.action} csrf={csrf} kind="quiet" label={backLabel} />
      ) : (
        <LinkButton href={leavingUrl(back.url)} kind="quiet" label={backLabel} />
      )}
    </div>
  );
}

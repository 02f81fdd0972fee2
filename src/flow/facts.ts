import type { Institution } from '../institutions/institution.ts';
import { type ReturnOutcome, returnAddress } from '../sessions/return-url.ts';
import { endsAt, type Session } from '../sessions/session.ts';
import type { Attempt } from './attempt.ts';
import type { Outcome } from './views/texts/texts.ts';
import type { Role, Visit } from './visit.ts';

/** All that decides which step a browser is shown. Read anew for every request; nothing else is remembered. */
export interface Facts {
  readonly session: Session;
  readonly role: Role;
  /** Absent until a browser was bound. */
  readonly visit?: Visit;
  /** The try that the user is in the middle of, or was told about last; in a returned browser, the one it returned from. */
  readonly attempt?: Attempt;
  /** Chosen by the user, or preset by the merchant. */
  readonly bank?: Institution;
  /** This request asks to be sent on, to the bank or back to the merchant. */
  readonly leaving: boolean;
  readonly now: Date;
}

/** Whether the session can no longer be authorised: it was, it failed, or its time is up. */
export function isOver({ session, now }: Pick<Facts, 'session' | 'now'>): boolean {
  return session.state.status !== 'started' || endsAt(session) <= now;
}

/** How it ended; a session that is over in time only is swept to `expired` within a minute. */
export function outcomeOf({ session }: Pick<Facts, 'session'>): Outcome {
  const { state } = session;
  if (state.status === 'started') return 'expired';
  if (state.status !== 'failed') return state.status === 'complete' ? 'done' : 'pending';
  return state.failure === 'cancelled' || state.failure === 'expired' ? state.failure : 'failed';
}

/** The session's return address with what the merchant's page is told. */
export function returnUrlOf(facts: Pick<Facts, 'session'>): string {
  const outcome = outcomeOf(facts);
  const told: ReturnOutcome =
    outcome === 'pending' || outcome === 'done' ? { success: true } : { success: false, reason: outcome };
  return returnAddress(facts.session, told);
}

/** From the hand-over to a bank on, the session stays with its browser. */
export function isHandedOver({ session }: Pick<Facts, 'session'>): boolean {
  return session.bankOpenedAt !== undefined;
}

/** Whether the user may choose another bank than the merchant preset. */
export function mayChoose({ session }: Pick<Facts, 'session'>): boolean {
  return !session.disableBankSelection;
}

import type { PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { BankReturn, ResumeInput, Step } from '../../banking/step.ts';
import { answerForm } from './answer-form.ts';
import { pollApp } from './app-wait.ts';
import type { BerlinGroupAttempt, ConsentedAttempt } from './attempt.ts';
import { authoriseConsent } from './authorize.ts';
import type { Connection } from './client.ts';
import { confirm } from './confirmation.ts';
import { endQuietly } from './consent.ts';
import { redeem } from './oauth.ts';
import { subjectOf } from './psu-identity.ts';
import { settle } from './settle.ts';
import { tokenConsent } from './token-consent.ts';

/** The user has acted, or it is time to ask whether he has. */
export async function resume(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  input: ResumeInput,
): Promise<Step> {
  const { consent, form, app } = attempt;
  switch (input.kind) {
    case 'callback':
      if (attempt.awaits !== 'return') throw notTheAnswer();
      if (attempt.oauth !== undefined) return resumeOauth(connection, attempt, attempt.oauth, input);
      if (consent === undefined) throw notTheAnswer();
      return resumeRedirect(connection, { ...attempt, consent }, input);
    case 'form':
      if (attempt.awaits !== 'form' || form === undefined) throw outOfTurn();
      return answerForm(connection, attempt, form, input.values, input.psu);
    case 'poll':
      if (attempt.awaits !== 'app' || consent === undefined || app === undefined) throw outOfTurn();
      return pollApp(connection, { ...attempt, consent }, app, input.psu);
  }
}

/** The user is back. What the bank said through his browser is never believed: its interface is asked. */
async function resumeRedirect(
  connection: Connection,
  attempt: ConsentedAttempt,
  { query, psu }: BankReturn,
): Promise<Step> {
  const { state, nokState } = attempt.request;
  if (query.state === nokState) return stopped(connection, attempt, psu);
  if (query.state !== state) throw notTheAnswer();
  const { confirmationCode } = query;
  if (confirmationCode !== undefined) await confirm(connection, attempt, confirmationCode, psu);
  return settle(connection, attempt, psu, 'ask until settled');
}

/** By TPP-Nok-Redirect-URI: whatever the bank says, there is no consent by this way. */
async function stopped(connection: Connection, attempt: ConsentedAttempt, psu: PsuContext): Promise<Step> {
  const step = await settle(connection, attempt, psu, 'ask once');
  if (step.kind === 'authorised')
    await endQuietly(connection, attempt.consent.consentUrl, attempt.tokens?.accessToken);
  const isLate = step.kind === 'refused' && step.reason === 'expired';
  return { kind: 'refused', reason: isLate ? 'expired' : 'cancelled' };
}

async function resumeOauth(
  connection: Connection,
  before: BerlinGroupAttempt,
  oauth: NonNullable<BerlinGroupAttempt['oauth']>,
  { query, psu, nextState, nextNokState }: BankReturn,
): Promise<Step> {
  const { oauth: _, ...attempt } = before;
  const tokens = await redeem(connection, oauth, attempt.request.state, query);
  const { consent } = attempt;
  if (typeof tokens === 'string') {
    if (consent !== undefined) await endQuietly(connection, consent.consentUrl, attempt.tokens?.accessToken);
    return { kind: 'refused', reason: tokens };
  }
  const opened = { ...attempt, tokens, server: oauth.server };
  const { profile } = connection;
  if (profile.consent === 'none')
    return { kind: 'authorised', consent: tokenConsent(connection, opened, tokens, psu) };
  if (consent === undefined) {
    const known = profile.psuIdFrom === 'token' && { psu: subjectOf(tokens.accessToken, profile) };
    const request = { ...attempt.request, state: nextState, nokState: nextNokState };
    return authoriseConsent(connection, { ...opened, ...known, request }, psu);
  }
  try {
    return await settle(connection, { ...opened, consent }, psu, 'ask until settled');
  } catch (failure) {
    // The code is used up, so this cannot be tried again: a consent that nobody holds must not stay alive.
    await endQuietly(connection, consent.consentUrl, tokens.accessToken);
    throw failure;
  }
}

function notTheAnswer(): BankFailure {
  return new BankFailure('user-must-act', 'the return from the bank is not the answer to this attempt');
}

function outOfTurn(): BankFailure {
  return new BankFailure('our-bug', 'the attempt does not wait for this');
}

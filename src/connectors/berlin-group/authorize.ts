import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { PsuContext } from '../../banking/consent.ts';
import type { Step } from '../../banking/step.ts';
import { accountsForm, refusedAccountForm } from './accounts-form.ts';
import { advance } from './advance.ts';
import { type BerlinGroupAttempt, newAttempt, requestOf } from './attempt.ts';
import { type Connection, failureOf, jsonIn } from './client.ts';
import { endQuietly, refusalReason } from './consent.ts';
import { createConsentOperation, createdConsent, postConsent } from './create-consent.ts';
import type { BankAnswer } from './errors.ts';
import { loginForm, rejectedIfAsked } from './forms.ts';
import { linkTo } from './links.ts';
import { tppToken } from './oauth.ts';
import { oauthRedirect } from './oauth-redirect.ts';
import { refusedField } from './refused-field.ts';

/** Asks which accounts it is about, where the bank does not say which there are; else goes on at once. */
export async function begin(connection: Connection, request: AuthorisationRequest): Promise<Step> {
  const attempt = newAttempt(request);
  if (connection.profile.access === 'detailed') return accountsForm(attempt);
  return firstStep(connection, attempt, request.psu);
}

/** Asks the user what the bank wants to know first, sends him for a token, or creates the consent at once. */
export async function firstStep(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  psu: PsuContext,
): Promise<Step> {
  const { profile } = connection;
  // He was there before, and has only named other accounts.
  if (attempt.tokens !== undefined) return authoriseConsent(connection, attempt, psu);
  if (profile.sca === 'embedded') return loginForm(profile, attempt, 'credentials');
  if (profile.sca === 'decoupled') return loginForm(profile, attempt, 'bank-details');
  const { authorisationServer } = profile;
  if (profile.sca === 'oauth-prestep' && authorisationServer !== undefined)
    return oauthRedirect(connection, attempt, authorisationServer);
  return authoriseConsent(connection, attempt, psu);
}

/**
 * Creates the consent with all that is known by now, and goes on to what its user has to do. `password` is used
 * within this call.
 */
export async function authoriseConsent(
  connection: Connection,
  before: BerlinGroupAttempt,
  psu: PsuContext,
  password?: string,
): Promise<Step> {
  const { clientCredentials } = connection.profile;
  const tokens = before.tokens ?? (clientCredentials && (await tppToken(connection, clientCredentials)));
  const attempt = { ...before, ...(tokens && { tokens }) };
  const accessToken = tokens?.accessToken;
  const known = { psu: attempt.psu, accessToken, ibans: attempt.ibans };
  const { answer, validUntil } = await postConsent(connection, requestOf(attempt, psu), known);
  if (answer.status >= 400) return withoutConsent(connection, before, answer);
  const { status, answer: created, ...consent } = createdConsent(connection, answer);
  if (status !== 'created' && status !== 'authorised') {
    return { kind: 'refused', reason: refusalReason(status) };
  }
  try {
    const consented = { ...attempt, consent: { ...consent, validUntil } };
    return await advance(connection, consented, created, { psu, password });
  } catch (failure) {
    await endQuietly(connection, consent.consentUrl, accessToken);
    throw failure;
  }
}

/** A token is wanted first, another user name, or another account; anything else is a failure. */
async function withoutConsent(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  answer: BankAnswer,
): Promise<Step> {
  const metadataUrl = attempt.tokens === undefined ? tokenLink(connection, answer) : undefined;
  if (metadataUrl !== undefined) return oauthRedirect(connection, attempt, metadataUrl);
  const accounts = refusedAccountForm(attempt, answer);
  if (accounts !== undefined) return accounts;
  const field = refusedField(answer, 'psuId');
  const purpose = attempt.form?.purpose === 'credentials' ? 'credentials' : 'bank-details';
  // A user whom his own token names cannot name himself otherwise.
  if (field !== undefined && (attempt.form !== undefined || attempt.psu === undefined))
    return loginForm(connection.profile, attempt, purpose, rejectedIfAsked(attempt, field));
  throw failureOf(connection, createConsentOperation, answer, false);
}

function tokenLink({ profile }: Connection, answer: BankAnswer): string | undefined {
  if (answer.status !== 401 && answer.status !== 403) return undefined;
  try {
    return linkTo(profile, jsonIn(createConsentOperation, answer), 'scaOAuth');
  } catch (thrown) {
    // Here the link is in this answer: one that cannot be read will be better next time.
    if (profile.sca === 'oauth-prestep') throw thrown;
    return undefined;
  }
}

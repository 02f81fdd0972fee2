import type { PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { DecoupledStep, Step } from '../../banking/step.ts';
import type { ConsentedAttempt } from './attempt.ts';
import { type Connection, jsonOf } from './client.ts';
import { endQuietly, readStatus, refusalReason } from './consent.ts';
import { type JsonObject, textOf } from './json.ts';
import { appCodeIn, messageIn } from './sca-material.ts';
import { callsAbout, settle } from './settle.ts';

type AppWait = NonNullable<ConsentedAttempt['app']>;

/** The user has been asked in his bank's app (guidelines section 5.2, decoupled): what he is told here meanwhile. */
export function waitForApp(
  connection: Connection,
  attempt: ConsentedAttempt,
  said: JsonObject,
): DecoupledStep {
  const { clock, limits } = connection;
  const message = messageIn(said);
  const code = appCodeIn(said);
  const app: AppWait = {
    expiresAt: new Date(clock.now().getTime() + limits.appWaitMs).toISOString(),
    polls: 0,
    ...(message !== undefined && { message }),
    ...(code !== undefined && { code }),
  };
  return waiting(connection, attempt, app);
}

/**
 * Asks whether he has acted. A bank that cannot say so now is asked again, when it wants to be: his approval is
 * not lost by that.
 */
export async function pollApp(
  connection: Connection,
  attempt: ConsentedAttempt,
  app: AppWait,
  psu: PsuContext,
): Promise<Step> {
  const isLate = connection.clock.now().getTime() >= Date.parse(app.expiresAt);
  try {
    const step = await outcomeAt(connection, attempt, psu);
    if (step !== undefined) return step;
  } catch (thrown) {
    if (isLate || !(thrown instanceof BankFailure) || thrown.kind !== 'retry-later') throw thrown;
    return waiting(connection, attempt, { ...app, polls: app.polls + 1 }, thrown.details.retryAfterMs);
  }
  if (!isLate) return waiting(connection, attempt, { ...app, polls: app.polls + 1 });
  await endQuietly(connection, attempt.consent.consentUrl, attempt.tokens?.accessToken);
  return { kind: 'refused', reason: 'expired' };
}

/** Undefined while he has not acted. Banks without scaStatus (version 1.1) tell by the consent alone. */
async function outcomeAt(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
): Promise<Step | undefined> {
  const scaStatus = await readScaStatus(connection, attempt, psu);
  if (scaStatus === 'finalised' || scaStatus === 'exempted')
    return settle(connection, attempt, psu, 'ask until settled');
  const { consentUrl, statusUrl } = attempt.consent;
  if (scaStatus !== undefined && scaStatus !== 'failed') return undefined;
  const status = await readStatus(connection, statusUrl, callsAbout(connection, attempt, psu));
  if (status === 'authorised') return settle(connection, attempt, psu, 'ask once');
  if (status === 'created' && scaStatus === undefined) return undefined;
  if (status === 'created') {
    // The request in the app has failed and the consent still waits for another: his time there was up.
    await endQuietly(connection, consentUrl, attempt.tokens?.accessToken);
    return { kind: 'refused', reason: 'expired' };
  }
  // In the app a rejection is his own word.
  return { kind: 'refused', reason: status === 'failed' ? 'cancelled' : refusalReason(status) };
}

/** GET of the authorisation (schema `scaStatusResponse`); undefined where there is none, or it does not say. */
export async function readScaStatus(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
): Promise<string | undefined> {
  const { scaStatusUrl: url } = attempt;
  if (url === undefined) return undefined;
  const operation = 'read SCA status';
  const answer = await callsAbout(connection, attempt, psu)({ operation, method: 'GET', url });
  return textOf(jsonOf(connection, operation, answer, true).json, 'scaStatus');
}

function waiting(
  connection: Connection,
  attempt: ConsentedAttempt,
  app: AppWait,
  retryAfterMs = 0,
): DecoupledStep {
  const { clock, limits } = connection;
  const { form: _form, oauth: _oauth, ...kept } = attempt;
  const expiresAt = new Date(app.expiresAt);
  const leftMs = Math.max(expiresAt.getTime() - clock.now().getTime(), 0);
  const backedOffMs = Math.min(limits.appPollAfterMs * 1.5 ** app.polls, limits.maxAppPollAfterMs);
  const pollAfterMs = Math.min(Math.max(backedOffMs, retryAfterMs), Math.max(leftMs, limits.appPollAfterMs));
  return {
    kind: 'decoupled',
    ...(app.message !== undefined && { message: app.message }),
    ...(app.code !== undefined && { code: app.code }),
    pollAfterMs: Math.round(pollAfterMs),
    expiresAt,
    attempt: { ...kept, awaits: 'app', app },
  };
}

import type { PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Step } from '../../banking/step.ts';
import { readScaStatus, waitForApp } from './app-wait.ts';
import { type Approach, awaitingReturn, type ConsentedAttempt, type ScaCall } from './attempt.ts';
import { challengeImage } from './challenge-image.ts';
import { type Connection, callBank, type JsonAnswer, jsonOf } from './client.ts';
import { endQuietly, readStatus, refusalReason } from './consent.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import {
  additionalPasswordForm,
  codeForm,
  formAgain,
  loginForm,
  methodForm,
  rejectedIfAsked,
} from './forms.ts';
import { textOf } from './json.ts';
import { keptLinkTo } from './links.ts';
import { oauthRedirect } from './oauth-redirect.ts';
import { psuDataOf } from './psu-data.ts';
import { psuIdentityHeaders } from './psu-identity.ts';
import { redirectHeaders } from './redirect.ts';
import { refusedField } from './refused-field.ts';
import { namedApproach, ownApproach, wayOn } from './sca-links.ts';
import { methodsIn } from './sca-material.ts';
import { callsAbout, settle } from './settle.ts';

/** What this call of the contract may use and nothing keeps. */
export interface Given {
  readonly psu: PsuContext;
  readonly password?: string | undefined;
}

/** More steps than an authorisation has in any approach. */
const maxRounds = 8;

/**
 * Follows the links of the bank's answers (guidelines section 6: they are the only way) until its user has to
 * do something, or all is done.
 */
export async function advance(
  connection: Connection,
  consented: ConsentedAttempt,
  answered: JsonAnswer,
  given: Given,
): Promise<Step> {
  let [attempt, answer, { password }] = [consented, answered, given];
  for (let round = 0; round < maxRounds; round += 1) {
    attempt = withLinks(connection, attempt, answer);
    const ready = await stepFor(connection, attempt, answer, { ...given, password });
    if ('kind' in ready) return ready;
    const { call, json } = ready;
    // Once and no more: a bank that asks again has not taken it.
    if (call.action === 'authenticate') password = undefined;
    const reply = await makeCall(connection, attempt, given.psu, call, json);
    const field = refusedField(reply, fieldOf(call));
    if (field !== undefined) return afterRefusal(connection, attempt, given.psu, call, field);
    answer = jsonOf(connection, operationOf(call), reply, true);
  }
  throw new BankFailure('operator-fault', 'authorise consent: the links of the bank lead in circles');
}

/** What the user sent is brought to the bank by the link that his form was for. */
export async function answerCall(
  connection: Connection,
  attempt: ConsentedAttempt,
  call: ScaCall,
  json: object,
  given: Given,
): Promise<Step> {
  const reply = await makeCall(connection, attempt, given.psu, call, json);
  const field = refusedField(reply, fieldOf(call));
  if (field !== undefined) return afterRefusal(connection, attempt, given.psu, call, field);
  // Out of turn: what was sent had its effect before, or something else has ended the authorisation.
  if (codesOf(reply).includes('STATUS_INVALID')) {
    const step = await decidedStep(connection, attempt, given.psu);
    if (step !== undefined) return step;
  }
  return advance(connection, attempt, jsonOf(connection, operationOf(call), reply, true), given);
}

/** A step for the user, or the next call, which needs nothing more of him. */
async function stepFor(
  connection: Connection,
  attempt: ConsentedAttempt,
  answer: JsonAnswer,
  given: Given,
): Promise<Step | { readonly call: ScaCall; readonly json: object }> {
  const scaStatus = textOf(answer.json, 'scaStatus');
  if (scaStatus === 'finalised' || scaStatus === 'exempted')
    return settle(connection, attempt, given.psu, 'ask until settled');
  if (scaStatus === 'failed') return refused(connection, attempt);
  const approach = attempt.approach ?? ownApproach(connection.profile);
  const way = wayOn(connection.profile, approach, answer);
  switch (way.kind) {
    case 'redirect':
      if (way.relation === 'scaOAuth') return oauthRedirect(connection, attempt, way.url);
      return { kind: 'redirect', url: way.url, attempt: awaitingReturn(attempt) };
    case 'app':
      return waitForApp(connection, attempt, answer.json);
    case 'end':
      return atTheEnd(connection, attempt, approach, answer, given);
    case 'call':
      return callOrForm(connection, attempt, answer, way.call, given);
  }
}

/** Banks of version 1.1 say no more at the end; one that redirects must have said where to. */
async function atTheEnd(
  connection: Connection,
  attempt: ConsentedAttempt,
  approach: Approach,
  answer: JsonAnswer,
  { psu }: Given,
): Promise<Step> {
  const isDone = textOf(answer.json, 'consentStatus') === 'valid';
  if (isDone || approach !== 'redirect') return settle(connection, attempt, psu, 'ask until settled');
  throw new BankFailure('operator-fault', 'start authorisation: no link of the bank leads on');
}

async function callOrForm(
  connection: Connection,
  attempt: ConsentedAttempt,
  answer: JsonAnswer,
  call: ScaCall,
  { psu, password }: Given,
): Promise<Step | { readonly call: ScaCall; readonly json: object }> {
  const { profile } = connection;
  const { json } = answer;
  switch (call.action) {
    case 'start':
      return { call, json: {} };
    case 'identify':
      return attempt.psu === undefined
        ? loginForm(profile, attempt, 'bank-details', { call })
        : { call, json: {} };
    case 'authenticate': {
      if (password !== undefined)
        return { call, json: { psuData: await psuDataOf(connection, password, call.action) } };
      return loginForm(profile, attempt, 'credentials', { call, rejected: askedOnceMore(attempt, call) });
    }
    case 'authenticate-additionally':
      return additionalPasswordForm(attempt, call, askedOnceMore(attempt, call));
    case 'select': {
      const [only, ...others] = methodsIn(json);
      if (only !== undefined && others.length === 0)
        return { call, json: { authenticationMethodId: only.value } };
      const form = methodForm(attempt, json, call);
      if (form !== undefined) return form;
      throw new BankFailure('operator-fault', 'select method: the bank names none');
    }
    case 'authorise': {
      const image = await challengeImage(connection, attempt, answer, psu);
      return codeForm(attempt, json, call, { image, rejected: askedOnceMore(attempt, call) });
    }
  }
}

/** It was sent before, and the bank asks for it again without a word about that. */
function askedOnceMore({ form }: ConsentedAttempt, call: ScaCall): { field: string } | undefined {
  const isAdditional = (action?: string) => action === 'authenticate-additionally';
  const isSame =
    form?.purpose === purposeOf[call.action] && isAdditional(form.call?.action) === isAdditional(call.action);
  return isSame ? { field: fieldOf(call) } : undefined;
}

/** POST or PUT of an authorisation, or of the consent itself in version 1.1. */
function makeCall(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
  call: ScaCall,
  json: object,
): Promise<BankAnswer> {
  const { profile } = connection;
  const { request } = attempt;
  const redirects = call.method === 'POST' ? redirectHeaders(profile, request) : {};
  return callBank(connection, {
    operation: operationOf(call),
    method: call.method,
    url: call.url,
    psu: { ...psu, acceptLanguage: psu.acceptLanguage ?? request.locale },
    headers: { ...redirects, ...psuIdentityHeaders(attempt.psu) },
    accessToken: attempt.tokens?.accessToken,
    json,
  });
}

/** The same form again, unless the bank has lost its patience. */
async function afterRefusal(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
  call: ScaCall,
  field: string,
): Promise<Step> {
  const decided = await decidedStep(connection, attempt, psu);
  if (decided !== undefined) return decided;
  if ((await readScaStatus(connection, attempt, psu)) === 'failed') return refused(connection, attempt);
  const { form } = attempt;
  const purpose = purposeOf[call.action];
  if (call.action === 'authenticate-additionally') return additionalPasswordForm(attempt, call, { field });
  if (purpose === 'bank-details' || purpose === 'credentials')
    return loginForm(connection.profile, attempt, purpose, { call, ...rejectedIfAsked(attempt, field) });
  if (form?.purpose === purpose) return formAgain(attempt, form, field);
  throw new BankFailure('bank-refused', `${operationOf(call)}: the bank refuses its own only method`);
}

/** Undefined while the consent still waits for its user. */
async function decidedStep(
  connection: Connection,
  attempt: ConsentedAttempt,
  psu: PsuContext,
): Promise<Step | undefined> {
  const send = callsAbout(connection, attempt, psu);
  const status = await readStatus(connection, attempt.consent.statusUrl, send);
  if (status === 'created') return undefined;
  if (status === 'authorised') return settle(connection, attempt, psu, 'ask once');
  return { kind: 'refused', reason: refusalReason(status) };
}

async function refused(connection: Connection, attempt: ConsentedAttempt): Promise<Step> {
  await endQuietly(connection, attempt.consent.consentUrl, attempt.tokens?.accessToken);
  return { kind: 'refused', reason: 'denied' };
}

function withLinks({ profile }: Connection, attempt: ConsentedAttempt, answer: JsonAnswer): ConsentedAttempt {
  const scaStatusUrl = keptLinkTo(profile, answer, 'scaStatus') ?? attempt.scaStatusUrl;
  const confirmationUrl = keptLinkTo(profile, answer, 'confirmation') ?? attempt.confirmationUrl;
  const approach = namedApproach(answer);
  return {
    ...attempt,
    ...(approach !== undefined && { approach }),
    ...(scaStatusUrl !== undefined && { scaStatusUrl }),
    ...(confirmationUrl !== undefined && { confirmationUrl }),
  };
}

const purposeOf = {
  start: 'bank-details',
  identify: 'bank-details',
  authenticate: 'credentials',
  'authenticate-additionally': 'credentials',
  select: 'choose-method',
  authorise: 'second-factor',
} as const;

function fieldOf({ action }: ScaCall): string {
  if (action === 'select') return 'method';
  if (action === 'authorise') return 'code';
  if (action === 'authenticate-additionally') return 'additionalPassword';
  return action === 'authenticate' ? 'password' : 'psuId';
}

function operationOf({ action }: ScaCall): string {
  return action === 'start' ? 'start authorisation' : `${action} user`;
}

import type { PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Step } from '../../banking/step.ts';
import { accountsForm, ibansIn } from './accounts-form.ts';
import { answerCall, type Given } from './advance.ts';
import type { BerlinGroupAttempt, ConsentedAttempt, PsuIdentity, ScaCall } from './attempt.ts';
import { authoriseConsent, firstStep } from './authorize.ts';
import type { Connection } from './client.ts';
import { endQuietly } from './consent.ts';
import { additionalPasswordForm, formAgain, loginForm } from './forms.ts';
import { preAuthorise } from './pre-authorisation.ts';
import { psuDataOf } from './psu-data.ts';
import { identityFrom } from './psu-identity.ts';

type Values = Readonly<Record<string, string>>;
type Form = NonNullable<BerlinGroupAttempt['form']>;

/** The user has filled in the form that the attempt waits for. */
export async function answerForm(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  form: Form,
  values: Values,
  psu: PsuContext,
): Promise<Step> {
  if (form.purpose === 'accounts') return answerAccounts(connection, attempt, values, psu);
  if (form.call?.action === 'authenticate-additionally' && isConsented(attempt))
    return answerAdditionalPassword(connection, attempt, form.call, values.additionalPassword, psu);
  if (form.purpose === 'bank-details' || form.purpose === 'credentials')
    return answerLogin(connection, attempt, { ...form, purpose: form.purpose }, values, psu);
  const { call } = form;
  if (call === undefined || !isConsented(attempt)) throw notOfThisForm();
  if (form.purpose === 'choose-method') {
    const method = form.fields[0]?.options?.find(({ value }) => value === values.method)?.value;
    if (method === undefined) return formAgain(attempt, form, 'method');
    return answerCall(connection, attempt, call, { authenticationMethodId: method }, { psu });
  }
  // People type codes in groups.
  const code = (values.code ?? '').replace(/\s+/g, '');
  if (code === '' || code.length > (form.fields[0]?.maxLength ?? 0)) return formAgain(attempt, form, 'code');
  return answerCall(connection, attempt, call, { scaAuthenticationData: code }, { psu });
}

async function answerAccounts(
  connection: Connection,
  { form: _form, ...attempt }: BerlinGroupAttempt,
  values: Values,
  psu: PsuContext,
): Promise<Step> {
  const named = ibansIn(values);
  if ('wrong' in named) return accountsForm(attempt, { typed: values, rejected: { field: named.wrong } });
  return firstStep(connection, { ...attempt, ibans: [...named.ibans] }, psu);
}

async function answerAdditionalPassword(
  connection: Connection,
  attempt: ConsentedAttempt,
  call: ScaCall,
  password: string | undefined,
  psu: PsuContext,
): Promise<Step> {
  if (!isUsable(password)) return additionalPasswordForm(attempt, call, { field: 'additionalPassword' });
  const psuData = await psuDataOf(connection, password, 'authenticate-additionally');
  return answerCall(connection, attempt, call, { psuData }, { psu });
}

async function answerLogin(
  connection: Connection,
  before: BerlinGroupAttempt,
  form: Form & { readonly purpose: 'bank-details' | 'credentials' },
  values: Values,
  psu: PsuContext,
): Promise<Step> {
  const { profile } = connection;
  const { purpose, call } = form;
  const identity = identityFrom(profile, values);
  if ('wrong' in identity)
    return loginForm(profile, before, purpose, { call, rejected: { field: identity.wrong } });
  const attempt = { ...before, psu: identity };
  const password = purpose === 'credentials' ? values.password : undefined;
  if (purpose === 'credentials' && !isUsable(password))
    return loginForm(profile, attempt, purpose, { call, rejected: { field: 'password' } });
  const { preAuthorisationUrl } = profile;
  if (preAuthorisationUrl !== undefined && password !== undefined)
    return withToken(
      connection,
      attempt,
      preAuthorisationUrl,
      { username: identity.id ?? '', password },
      psu,
    );
  if (!isConsented(attempt)) return authoriseConsent(connection, attempt, psu, password);
  if (isAnother(before.psu, identity)) return withAnother(connection, attempt, { psu, password });
  if (call === undefined) throw notOfThisForm();
  // The password is for this link, or for one that the next answer brings.
  if (call.action !== 'authenticate' || password === undefined)
    return answerCall(connection, attempt, call, {}, { psu, password });
  const psuData = await psuDataOf(connection, password, call.action);
  return answerCall(connection, attempt, call, { psuData }, { psu });
}

/** He corrected who he is, and the consent is already another's: it is given up for a new one. */
async function withAnother(
  connection: Connection,
  attempt: ConsentedAttempt,
  { psu, password }: Given,
): Promise<Step> {
  const { consent, scaStatusUrl: _status, confirmationUrl: _confirmation, ...anew } = attempt;
  await endQuietly(connection, consent.consentUrl, attempt.tokens?.accessToken);
  return authoriseConsent(connection, anew, psu, password);
}

/** The token tells the bank who he is: from here on neither name nor password is sent. */
async function withToken(
  connection: Connection,
  attempt: BerlinGroupAttempt,
  url: string,
  login: { readonly username: string; readonly password: string },
  psu: PsuContext,
): Promise<Step> {
  const tokens = await preAuthorise(connection, url, login, psu);
  if (tokens === undefined)
    return loginForm(connection.profile, attempt, 'credentials', { rejected: { field: 'password' } });
  const { psu: _psu, form: _form, ...anonymous } = attempt;
  return authoriseConsent(connection, { ...anonymous, tokens }, psu);
}

function isConsented(attempt: BerlinGroupAttempt): attempt is ConsentedAttempt {
  return attempt.consent !== undefined;
}

function isAnother(before: PsuIdentity | undefined, now: PsuIdentity): boolean {
  if (before === undefined) return false;
  return (['id', 'type', 'corporateId'] as const).some((part) => before[part] !== now[part]);
}

function isUsable(password: string | undefined): password is string {
  return password !== undefined && password !== '' && password.length <= 200;
}

function notOfThisForm(): BankFailure {
  return new BankFailure('our-bug', 'the stored attempt holds no call for its form');
}

import { BankFailure } from '../../banking/failure.ts';
import { type Approach, approaches, type ScaCall } from './attempt.ts';
import type { JsonAnswer } from './client.ts';
import { isObject, textOf } from './json.ts';
import { linkTo } from './links.ts';
import type { Profile } from './profiles.ts';

/** Where an answer of the bank leads next (guidelines section 6.1: the way is in the links). */
export type WayOn =
  | { readonly kind: 'redirect'; readonly relation: 'scaRedirect' | 'scaOAuth'; readonly url: string }
  | { readonly kind: 'call'; readonly call: ScaCall }
  /** The user acts in the bank's app. */
  | { readonly kind: 'app' }
  /** No link leads on. */
  | { readonly kind: 'end' };

/** What each link is for, those first that come later in an authorisation. */
const calls: Readonly<Record<string, Omit<ScaCall, 'url'>>> = {
  authoriseTransaction: { action: 'authorise', method: 'PUT' },
  selectAuthenticationMethod: { action: 'select', method: 'PUT' },
  updateAdditionalEncryptedPsuAuthentication: { action: 'authenticate-additionally', method: 'PUT' },
  updateAdditionalPsuAuthentication: { action: 'authenticate-additionally', method: 'PUT' },
  updateEncryptedPsuAuthentication: { action: 'authenticate', method: 'PUT' },
  updatePsuAuthentication: { action: 'authenticate', method: 'PUT' },
  updatePsuIdentification: { action: 'identify', method: 'PUT' },
  startAuthorisationWithTransactionAuthorisation: { action: 'authorise', method: 'POST' },
  startAuthorisationWithAuthenticationMethodSelection: { action: 'select', method: 'POST' },
  startAuthorisationWithEncryptedPsuAuthentication: { action: 'authenticate', method: 'POST' },
  startAuthorisationWithPsuAuthentication: { action: 'authenticate', method: 'POST' },
  startAuthorisationWithPsuIdentification: { action: 'identify', method: 'POST' },
  startAuthorisation: { action: 'start', method: 'POST' },
};

/** For passwords: what is for encrypted ones leads nowhere where nothing says to what they are to be encrypted. */
const plain = [
  'startAuthorisationWithPsuAuthentication',
  'updatePsuAuthentication',
  'updateAdditionalPsuAuthentication',
];
const encrypted = [
  'startAuthorisationWithEncryptedPsuAuthentication',
  'updateEncryptedPsuAuthentication',
  'updateAdditionalEncryptedPsuAuthentication',
];

/**
 * By the links of the answer; where they leave a choice, by the approach that the bank has named, else by the
 * profile's.
 * @throws BankFailure operator-fault for a link that is not the bank's, or a way that we cannot go
 */
export function wayOn(profile: Profile, approach: Approach, answer: JsonAnswer): WayOn {
  if (isForTheApp(answer)) return { kind: 'app' };
  const way =
    approach === 'redirect'
      ? (redirectIn(profile, answer) ?? callIn(profile, answer))
      : (callIn(profile, answer) ?? redirectIn(profile, answer));
  if (way !== undefined) return way;
  const beyondUs = profile.sca === 'embedded' ? encrypted : [...encrypted, ...plain];
  if (beyondUs.some((relation) => linkTo(profile, answer, relation) !== undefined))
    throw new BankFailure(
      'operator-fault',
      'authorise consent: the bank wants a password as we do not send it',
    );
  const isStarted = textOf(answer.json, 'scaStatus') === 'started';
  return isStarted || approach === 'decoupled' ? { kind: 'app' } : { kind: 'end' };
}

/** The header ASPSP-SCA-Approach, which not every answer has. */
export function namedApproach({ headers }: JsonAnswer): Approach | undefined {
  const named = headers['aspsp-sca-approach']?.trim().toLowerCase();
  return approaches.find((approach) => approach === named);
}

export function ownApproach({ sca }: Profile): Approach {
  return sca === 'decoupled' || sca === 'embedded' ? sca : 'redirect';
}

/** `PUSH_DEC`: a method of the embedded approach that needs no code (savings banks). */
function isForTheApp({ json }: JsonAnswer): boolean {
  const { chosenScaMethod } = json;
  return isObject(chosenScaMethod) && textOf(chosenScaMethod, 'authenticationType') === 'PUSH_DEC';
}

function redirectIn(profile: Profile, answer: JsonAnswer): WayOn | undefined {
  const relations =
    profile.sca === 'oauth-integrated'
      ? (['scaOAuth', 'scaRedirect'] as const)
      : (['scaRedirect', 'scaOAuth'] as const);
  for (const relation of relations) {
    const url = linkTo(profile, answer, relation);
    if (url !== undefined) return { kind: 'redirect', relation, url };
  }
  return undefined;
}

function takesPassword({ sca, passwordCertificateUrl }: Profile, relation: string): boolean {
  return sca === 'embedded' && (passwordCertificateUrl !== undefined || !encrypted.includes(relation));
}

function callIn(profile: Profile, answer: JsonAnswer): WayOn | undefined {
  for (const [relation, { action, method }] of Object.entries(calls)) {
    // Nobody is asked for a password of his bank unless the operator knows that this bank wants it here.
    const isOurs = !action.startsWith('authenticate') || takesPassword(profile, relation);
    const url = isOurs ? linkTo(profile, answer, relation) : undefined;
    if (url !== undefined) return { kind: 'call', call: { action, method, url } };
  }
  return undefined;
}

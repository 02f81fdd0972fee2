import type { Bank } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { grantConsent, refuseConsent } from '../consents/consent-service.ts';
import type { Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { methodsOf } from './method.ts';
import type { MethodKey } from './method-key.ts';
import { codeOf } from './one-time-code.ts';

/** The one password that is never right. */
const wrongPassword = 'wrong';
/** The third wrong password or code ends the try, and the consent with it. */
const maxWrong = 3;

/** Whether the password is right. The third wrong one for a consent rejects that. */
export function checkPassword(sandbox: Sandbox, consent: Consent, password: string): boolean {
  if (password !== wrongPassword) return true;
  const wrongPasswords = (consent.wrongPasswords ?? 0) + 1;
  const changed = { ...consent, wrongPasswords };
  if (wrongPasswords < maxWrong) sandbox.store.consents.put(consent.id, changed);
  else refuseConsent(sandbox, changed);
  return false;
}

/**
 * The PSU has shown who he is. Who needs no second factor is done with that; who has one method only need not
 * choose.
 */
export function authenticate(
  sandbox: Sandbox,
  bank: Bank,
  consent: Consent,
  authorisation: Authorisation,
  persona: Persona,
): Authorisation {
  const identified = { ...authorisation, userName: persona.userName };
  if (persona.scaExempt) {
    grantConsent(sandbox, bank, consent, { authorisation: identified, persona, scaStatus: 'exempted' });
    return { ...identified, scaStatus: 'exempted' };
  }
  const [first, ...others] = methodsOf(bank, persona);
  if (first !== undefined && others.length === 0) return select(sandbox, identified, first.id);
  return save(sandbox, { ...identified, scaStatus: 'psuAuthenticated' });
}

/** From here on a code is awaited, or the app asks. */
export function select(sandbox: Sandbox, authorisation: Authorisation, method: MethodKey): Authorisation {
  if (method === 'app') {
    const startedAt = sandbox.clock.now().toISOString();
    return save(sandbox, { ...authorisation, method, startedAt, scaStatus: 'started' });
  }
  return save(sandbox, { ...authorisation, method, scaStatus: 'scaMethodSelected' });
}

/** The code that the PSU typed: right, wrong with tries left, or wrong for the last time. */
export function enterCode(
  sandbox: Sandbox,
  bank: Bank,
  consent: Consent,
  authorisation: Authorisation,
  persona: Persona,
  code: string,
): 'right' | 'wrong' | 'failed' {
  if (code === codeOf(authorisation.id)) {
    grantConsent(sandbox, bank, consent, { authorisation, persona });
    return 'right';
  }
  const wrongCodes = (authorisation.wrongCodes ?? 0) + 1;
  const changed = save(sandbox, { ...authorisation, wrongCodes });
  if (wrongCodes < maxWrong) return 'wrong';
  refuseConsent(sandbox, consent, changed);
  return 'failed';
}

function save(sandbox: Sandbox, authorisation: Authorisation): Authorisation {
  sandbox.store.authorisations.put(authorisation.id, authorisation);
  return authorisation;
}

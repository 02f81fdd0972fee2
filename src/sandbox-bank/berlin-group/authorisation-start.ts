import { redirects } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { addAuthorisation } from '../consents/consent-service.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import { authenticate, checkPassword } from '../sca/embedded.ts';
import type { Call } from './operation.ts';
import { hasAdditionalPassword, mandatoryPsuOf, psuOf } from './psu-headers.ts';
import { passwordIn } from './psu-password.ts';
import { returnAddresses } from './request-headers.ts';
import { TppError } from './tpp-error.ts';

/**
 * Begins an authorisation together with its consent, where the bank does that and knows enough: a bank that
 * does not redirect must have been told who the PSU is.
 */
export function startImplicitly(call: Call, consent: Consent): Authorisation | undefined {
  const { sandbox, bank, request } = call;
  if (redirects(bank)) return startRedirect(call, consent);
  const psu = psuOf(request, bank);
  if (psu === undefined) return undefined;
  const scaStatus = bank.sca === 'decoupled' ? 'started' : 'psuIdentified';
  const additionalPassword =
    hasAdditionalPassword(request, bank) && ({ additionalPassword: 'later' } as const);
  return addAuthorisation(sandbox, consent, { userName: psu.userName, scaStatus, ...additionalPassword });
}

/** Begins an authorisation that the TPP asked for, with what it sent for that. */
export function startExplicitly(call: Call, consent: Consent): Authorisation {
  const { sandbox, bank, request } = call;
  if (redirects(bank)) return startRedirect(call, consent);
  const known = findPersona(consent.userName ?? '');
  // Who has a token has given his password already.
  if (known !== undefined) return startAuthenticated(call, consent, known);
  const persona = mandatoryPsuOf(request, bank);
  const { userName } = persona;
  if (bank.sca === 'decoupled') return addAuthorisation(sandbox, consent, { userName, scaStatus: 'started' });
  const password = passwordIn(call);
  const isFirst = hasAdditionalPassword(request, bank);
  const identified = { userName, scaStatus: 'psuIdentified' } as const;
  if (password === undefined) {
    const more = isFirst && ({ additionalPassword: 'later' } as const);
    return addAuthorisation(sandbox, consent, { ...identified, ...more });
  }
  if (!checkPassword(sandbox, consent, password)) {
    throw new TppError('PSU_CREDENTIALS_INVALID', 'The password is wrong.', { path: 'psuData.password' });
  }
  if (isFirst) return addAuthorisation(sandbox, consent, { ...identified, additionalPassword: 'now' });
  return startAuthenticated(call, consent, persona);
}

function startAuthenticated({ sandbox, bank }: Call, consent: Consent, persona: Persona): Authorisation {
  const authorisation = addAuthorisation(sandbox, consent, { userName: persona.userName });
  const known = sandbox.store.consents.get(consent.id) ?? consent;
  return authenticate(sandbox, bank, known, authorisation, persona);
}

function startRedirect({ sandbox, request }: Call, consent: Consent): Authorisation {
  const returnTo = returnAddresses(request) ?? consent.returnTo;
  const { userName } = consent;
  return addAuthorisation(sandbox, consent, {
    ...(returnTo !== undefined && { returnTo }),
    ...(userName !== undefined && { userName }),
  });
}

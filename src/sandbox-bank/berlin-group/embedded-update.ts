import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import { authenticate, checkPassword, enterCode, select } from '../sca/embedded.ts';
import { methodsOf } from '../sca/method.ts';
import { type Fields, objectAt } from './fields.ts';
import type { Call } from './operation.ts';
import { psuOf } from './psu-headers.ts';
import { passwordIn, shortText } from './psu-password.ts';
import { authorisationWire } from './sca-approach.ts';
import { formatError, TppError } from './tpp-error.ts';

const inputs = ['psuData', 'authenticationMethodId', 'scaAuthenticationData'] as const;

/** PUT of an authorisation in the embedded approach: the password, the choice of a method, or the code. */
export function updatePsuData(call: Call, consent: Consent, authorisation: Authorisation) {
  const fields = objectAt(call.request.body, 'body');
  const given = inputs.filter((name) => fields[name] !== undefined);
  const [input] = given;
  if (input === undefined || given.length > 1) {
    throw formatError('body', `Exactly one of these is expected here: ${inputs.join(', ')}.`);
  }
  const persona = psuOf(call.request, call.bank) ?? findPersona(authorisation.userName ?? '');
  if (persona === undefined || persona.userName !== authorisation.userName) {
    throw new TppError('PSU_CREDENTIALS_INVALID', 'This is another person than before.', { path: 'PSU-ID' });
  }
  checkAwaits(consent, authorisation, input);
  switch (input) {
    case 'psuData':
      return enterPassword(call, consent, authorisation, persona);
    case 'authenticationMethodId':
      return selectMethod(call, authorisation, persona, fields);
    case 'scaAuthenticationData':
      return enterOneTimeCode(call, consent, authorisation, persona, fields);
  }
}

const awaited = {
  psuData: 'psuIdentified',
  authenticationMethodId: 'psuAuthenticated',
  scaAuthenticationData: 'scaMethodSelected',
} as const;

/** SCA_INVALID is for an authorisation that has failed; the rest is out of turn. */
function checkAwaits(consent: Consent, { scaStatus }: Authorisation, input: keyof typeof awaited): void {
  if (scaStatus === 'failed') throw new TppError('SCA_INVALID', 'This authorisation has failed.');
  if (consent.status !== 'received' || scaStatus !== awaited[input]) {
    throw new TppError('STATUS_INVALID', `The status of this authorisation is ${scaStatus}.`, {
      path: input,
    });
  }
}

function enterPassword(call: Call, consent: Consent, authorisation: Authorisation, persona: Persona) {
  const { sandbox, bank } = call;
  const { additionalPassword } = authorisation;
  const which = additionalPassword === 'now' ? 'additional' : 'first';
  if (!checkPassword(sandbox, consent, passwordIn(call, which) ?? '')) {
    throw new TppError('PSU_CREDENTIALS_INVALID', 'The password is wrong.', { path: 'psuData.password' });
  }
  if (additionalPassword === 'later') {
    const changed = { ...authorisation, additionalPassword: 'now' } as const;
    sandbox.store.authorisations.put(changed.id, changed);
    return authorisationWire(call, changed);
  }
  return authorisationWire(call, authenticate(sandbox, bank, consent, authorisation, persona));
}

function selectMethod(call: Call, authorisation: Authorisation, persona: Persona, fields: Fields) {
  const { sandbox, bank } = call;
  const asked = shortText(fields.authenticationMethodId, 'authenticationMethodId');
  const method = methodsOf(bank, persona).find(({ id }) => id === asked);
  if (method === undefined) {
    throw new TppError('SCA_METHOD_UNKNOWN', 'This customer has no such method.', {
      path: 'authenticationMethodId',
    });
  }
  return authorisationWire(call, select(sandbox, authorisation, method.id));
}

function enterOneTimeCode(
  call: Call,
  consent: Consent,
  authorisation: Authorisation,
  persona: Persona,
  fields: Fields,
) {
  const { sandbox, bank } = call;
  const code = shortText(fields.scaAuthenticationData, 'scaAuthenticationData');
  const result = enterCode(sandbox, bank, consent, authorisation, persona, code);
  if (result === 'right') {
    const { _links } = authorisationWire(call, { ...authorisation, scaStatus: 'finalised' });
    return { scaStatus: 'finalised', _links };
  }
  const text = result === 'wrong' ? 'The code is wrong.' : 'The code is wrong, for the last time.';
  throw new TppError('PSU_CREDENTIALS_INVALID', text, { path: 'scaAuthenticationData' });
}

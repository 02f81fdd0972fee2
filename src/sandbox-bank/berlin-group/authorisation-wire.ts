import type { Bank } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import { findPersona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { type AuthenticationMethod, methodsOf } from '../sca/method.ts';
import { codeLength, startCodeOf } from '../sca/one-time-code.ts';
import { photoChallenge } from '../sca/photo-challenge.ts';

/** What the TPP shows the PSU at this point: a message, the methods to choose from, or a challenge. */
export function scaMaterial(sandbox: Sandbox, bank: Bank, authorisation: Authorisation) {
  const persona = findPersona(authorisation.userName ?? '');
  if (persona === undefined) return {};
  const methods = methodsOf(bank, persona);
  const chosen = methods.find(({ id }) => id === authorisation.method);
  switch (authorisation.scaStatus) {
    case 'started':
      return {
        ...(chosen !== undefined && { chosenScaMethod: methodWire(chosen) }),
        psuMessage: `Please approve the request in your app: ${sandbox.addresses.app()}`,
      };
    case 'psuAuthenticated':
      return bank.sca === 'embedded' ? { scaMethods: methods.map(methodWire) } : {};
    case 'scaMethodSelected':
      if (chosen === undefined) return {};
      return { chosenScaMethod: methodWire(chosen), challengeData: challenge(sandbox, authorisation) };
    default:
      return {};
  }
}

/** Schema authenticationObject. */
function methodWire({ id, type, name, explanation }: AuthenticationMethod) {
  return { authenticationType: type, authenticationMethodId: id, name, explanation };
}

/** Schema challengeData. */
function challenge(sandbox: Sandbox, { id, method }: Authorisation) {
  const app = sandbox.addresses.app();
  const input = { otpMaxLength: codeLength, otpFormat: 'integer' };
  switch (method) {
    case 'chip':
      return {
        data: [startCodeOf(id)],
        ...input,
        additionalInformation: 'Your card reader shows the start code backwards.',
      };
    case 'photo':
      return {
        image: photoChallenge(id).toString('base64'),
        ...input,
        additionalInformation: 'The code is the number in the middle of the picture.',
      };
    case 'push':
      return { ...input, additionalInformation: `The code is in your app: ${app}` };
    default:
      return { ...input, additionalInformation: `The code is in the text message on your phone: ${app}` };
  }
}

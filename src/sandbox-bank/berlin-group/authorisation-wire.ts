import type { Bank } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import { hostileMessage } from '../personas/hostile-texts.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import { type AuthenticationMethod, methodsOf } from '../sca/method.ts';
import { codeLength, startCodeOf } from '../sca/one-time-code.ts';
import { photoChallenge } from '../sca/photo-challenge.ts';

/** What the TPP shows the PSU at this point: a message, the methods to choose from, or a challenge. */
export function scaMaterial(sandbox: Sandbox, bank: Bank, authorisation: Authorisation) {
  const persona = findPersona(authorisation.userName ?? '');
  if (persona === undefined) return {};
  const methods = methodsOf(bank, persona).map((method) => ({ method, wire: methodWire(method, persona) }));
  const chosen = methods.find(({ method }) => method.id === authorisation.method)?.wire;
  switch (authorisation.scaStatus) {
    case 'started':
      return {
        ...(chosen !== undefined && { chosenScaMethod: chosen }),
        psuMessage: said(`Please approve the request in your app: ${sandbox.addresses.app()}`, persona),
      };
    case 'psuAuthenticated':
      return bank.sca === 'embedded' ? { scaMethods: methods.map(({ wire }) => wire) } : {};
    case 'scaMethodSelected':
      if (chosen === undefined) return {};
      return { chosenScaMethod: chosen, challengeData: challenge(sandbox, authorisation, persona) };
    default:
      return {};
  }
}

/** Schema authenticationObject. */
function methodWire({ id, type, name, explanation }: AuthenticationMethod, persona: Persona) {
  return {
    authenticationType: type,
    authenticationMethodId: id,
    name: said(name, persona),
    explanation: said(explanation, persona),
  };
}

/** Schema challengeData. */
function challenge(sandbox: Sandbox, { id, method }: Authorisation, persona: Persona) {
  const app = sandbox.addresses.app();
  const told = (text: string) => ({
    otpMaxLength: codeLength,
    otpFormat: 'integer',
    additionalInformation: said(text, persona),
  });
  switch (method) {
    case 'chip':
      return { data: [startCodeOf(id)], ...told('Your card reader shows the start code backwards.') };
    case 'photo':
      return {
        image: photoChallenge(id).toString('base64'),
        ...told('The code is the number in the middle of the picture.'),
      };
    case 'push':
      return told(`The code is in your app: ${app}`);
    default:
      return told(`The code is in the text message on your phone: ${app}`);
  }
}

function said(text: string, { hostileMessages }: Persona): string {
  return hostileMessages ? `${text} ${hostileMessage}` : text;
}

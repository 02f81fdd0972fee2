import type { Authorisation } from '../consents/authorisation.ts';
import { hostileMessage } from '../personas/hostile-texts.ts';
import { findPersona, type Persona } from '../personas/persona.ts';
import { headerText } from '../request-parts.ts';
import { type AuthenticationMethod, methodsOf } from '../sca/method.ts';
import { codeLength, startCodeOf } from '../sca/one-time-code.ts';
import { photoChallenge } from '../sca/photo-challenge.ts';
import { type ScaTexts, scaTextsIn } from '../sca/sca-texts.ts';
import { preferredLocale } from '../visits/texts/in-language.ts';
import type { Call } from './operation.ts';

/**
 * What the TPP shows the PSU at this point: a message, the methods to choose from, or a challenge; in the PSU's
 * language as far as the TPP tells it, else in its own.
 */
export function scaMaterial({ sandbox, bank, request }: Call, authorisation: Authorisation) {
  const persona = findPersona(authorisation.userName ?? '');
  if (persona === undefined) return {};
  const languages = headerText(request, 'psu-accept-language') ?? headerText(request, 'accept-language');
  const texts = scaTextsIn(preferredLocale(undefined, languages));
  const app = sandbox.addresses.app();
  const methods = methodsOf(bank, persona).map((method) => ({
    method,
    wire: methodWire(method, texts, persona),
  }));
  const chosen = methods.find(({ method }) => method.id === authorisation.method)?.wire;
  switch (authorisation.scaStatus) {
    case 'started':
      return {
        ...(chosen !== undefined && { chosenScaMethod: chosen }),
        psuMessage: said(texts.approve(app), persona),
      };
    case 'psuAuthenticated':
      return bank.sca === 'embedded' ? { scaMethods: methods.map(({ wire }) => wire) } : {};
    case 'scaMethodSelected':
      if (chosen === undefined) return {};
      return { chosenScaMethod: chosen, challengeData: challenge(authorisation, texts, app, persona) };
    default:
      return {};
  }
}

/** Schema authenticationObject. */
function methodWire({ id, type }: AuthenticationMethod, texts: ScaTexts, persona: Persona) {
  const { name, explanation } = texts.methods[id];
  return {
    authenticationType: type,
    authenticationMethodId: id,
    name: said(name, persona),
    explanation: said(explanation, persona),
  };
}

/** Schema challengeData. */
function challenge({ id, method }: Authorisation, texts: ScaTexts, app: string, persona: Persona) {
  const kind = method === undefined || method === 'app' ? 'sms' : method;
  return {
    ...(kind === 'chip' && { data: [startCodeOf(id)] }),
    ...(kind === 'photo' && { image: photoChallenge(id).toString('base64') }),
    otpMaxLength: codeLength,
    otpFormat: 'integer',
    additionalInformation: said(texts.challenges[kind](app), persona),
  };
}

function said(text: string, { hostileMessages }: Persona): string {
  return hostileMessages ? `${text} ${hostileMessage}` : text;
}

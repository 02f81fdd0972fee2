import type { Bank } from '../bank.ts';
import type { Persona } from '../personas/persona.ts';
import type { MethodKey } from './method-key.ts';

/** One way to authenticate: the standard's authenticationObject. `id` is its authenticationMethodId. */
export interface AuthenticationMethod {
  readonly id: MethodKey;
  readonly type: string;
  readonly name: string;
  readonly explanation: string;
}

const methods: readonly AuthenticationMethod[] = [
  {
    id: 'sms',
    type: 'SMS_OTP',
    name: 'SMS to +49 170 xxxxx 28',
    explanation: 'A code comes by text message.',
  },
  {
    id: 'chip',
    type: 'CHIP_OTP',
    name: 'Card reader',
    explanation: 'Your card reader turns a start code into a code.',
  },
  {
    id: 'photo',
    type: 'PHOTO_OTP',
    name: 'photoTAN',
    explanation: 'You photograph a picture that holds the code.',
  },
  { id: 'push', type: 'PUSH_OTP', name: 'Code in the app', explanation: 'The app shows you a code.' },
];

/** Of some banks: no code, but a request to approve in the app. */
const pushDecoupled: AuthenticationMethod = {
  id: 'app',
  type: 'PUSH_DEC',
  name: 'Approval in the app',
  explanation: 'The app asks you; there is no code to type in.',
};

/** The ways that a customer of this bank has. */
export function methodsOf({ deviations }: Bank, persona: Persona): readonly AuthenticationMethod[] {
  const { scaMethods } = persona;
  if (scaMethods !== undefined) return methods.filter(({ id }) => scaMethods.includes(id));
  return deviations.pushDecoupled ? [...methods, pushDecoupled] : methods;
}

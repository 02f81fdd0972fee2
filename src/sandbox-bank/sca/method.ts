import type { Bank } from '../bank.ts';
import type { Persona } from '../personas/persona.ts';
import type { MethodKey } from './method-key.ts';

/** One way to authenticate: the standard's authenticationObject. `id` is its authenticationMethodId. */
export interface AuthenticationMethod {
  readonly id: MethodKey;
  readonly type: string;
}

const methods: readonly AuthenticationMethod[] = [
  { id: 'sms', type: 'SMS_OTP' },
  { id: 'chip', type: 'CHIP_OTP' },
  { id: 'photo', type: 'PHOTO_OTP' },
  { id: 'push', type: 'PUSH_OTP' },
];

/** Of some banks: no code, but a request to approve in the app. */
const pushDecoupled: AuthenticationMethod = { id: 'app', type: 'PUSH_DEC' };

/** The ways that a customer of this bank has. */
export function methodsOf({ deviations }: Bank, persona: Persona): readonly AuthenticationMethod[] {
  const { scaMethods } = persona;
  if (scaMethods !== undefined) return methods.filter(({ id }) => scaMethods.includes(id));
  return deviations.pushDecoupled ? [...methods, pushDecoupled] : methods;
}

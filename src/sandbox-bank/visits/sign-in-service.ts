import type { Bank } from '../bank.ts';
import { randomToken, sha256 } from '../ids.ts';
import type { Persona } from '../personas/persona.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Locale, OAuthRequest, SignIn } from './visit.ts';
import { signInReturn } from './way-back.ts';

/** Begins a sign-in; `cookie` goes to the browser and proves later that it is the same one. */
export function beginSignIn(sandbox: Sandbox, bank: Bank, locale: Locale, oauth: OAuthRequest) {
  const cookie = randomToken();
  const signIn: SignIn = {
    id: randomToken(),
    bank: bank.slug,
    startedAt: sandbox.clock.now().toISOString(),
    locale,
    cookieHash: sha256(cookie),
    oauth,
  };
  sandbox.store.signIns.put(signIn.id, signIn);
  return { signIn, cookie };
}

/** The sign-in, for the browser that began it. */
export function findSignIn(sandbox: Sandbox, bank: Bank, id: string, cookie: string | undefined) {
  const signIn = sandbox.store.signIns.get(id);
  if (signIn?.bank !== bank.slug || cookie === undefined) return undefined;
  return sha256(cookie) === signIn.cookieHash ? signIn : undefined;
}

/** Ends the sign-in: with a code for this customer, or with a refusal. */
export function endSignIn(sandbox: Sandbox, bank: Bank, signIn: SignIn, persona: Persona | undefined): void {
  const leavesTo = signInReturn(sandbox, bank, signIn.oauth, persona?.userName);
  sandbox.store.signIns.put(signIn.id, { ...signIn, leavesTo });
}

export function changeSignInLocale(sandbox: Sandbox, signIn: SignIn, locale: Locale): SignIn {
  const changed = { ...signIn, locale };
  sandbox.store.signIns.put(signIn.id, changed);
  return changed;
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signInPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import { findPersona } from '../personas/persona.ts';
import { bankOf, pathParameter, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { stop } from './arrival-routes.tsx';
import { formValues, readCookie, sendPage } from './page.ts';
import { changeSignInLocale, endSignIn, findSignIn } from './sign-in-service.ts';
import { localeOf, textsIn } from './texts/in-language.ts';
import { DoneView } from './views/done-view.tsx';
import { LoginView, type LoginViewProps } from './views/login-view.tsx';
import { hasTimedOut, type SignIn } from './visit.ts';

interface Signing {
  readonly sandbox: Sandbox;
  readonly bank: Bank;
  readonly signIn: SignIn;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The pages of the OAuth2 pre-step: sign in, leave. What is shared is asked later, on a visit. */
export async function signInRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  const pages = '/berlin-group/:bank/sign-in/:signIn';
  const page = (show: (signing: Signing) => FastifyReply) => {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const bank = bankOf(request);
      if (bank === undefined) return stop(request, reply, undefined, 'notFound', 404);
      const signIn = findSignIn(sandbox, bank, pathParameter(request, 'signIn'), readCookie(request));
      if (signIn === undefined) return stop(request, reply, bank, 'otherBrowser', 403);
      return show({ sandbox, bank, signIn: inAskedLanguage(sandbox, request, signIn), request, reply });
    };
  };
  const open = (show: (signing: Signing) => FastifyReply) =>
    page((signing) => {
      const { sandbox: here, bank, signIn, request, reply } = signing;
      if (signIn.leavesTo !== undefined) return goTo(signing, 'done');
      return hasTimedOut(signIn, here.clock.now()) ? stop(request, reply, bank, 'over', 410) : show(signing);
    });
  app.get(`${pages}/login`, open(showLogin));
  app.post(`${pages}/login`, open(acceptLogin));
  app.get(`${pages}/done`, page(showDone));
}

function showLogin(signing: Signing): FastifyReply {
  return sendLogin(signing, undefined);
}

function acceptLogin(signing: Signing): FastifyReply {
  const { sandbox, bank, signIn, request } = signing;
  if (formValues(request, 'decision')[0] === 'cancel') {
    endSignIn(sandbox, bank, signIn, undefined);
    return goTo(signing, 'done');
  }
  const userName = (formValues(request, 'userName')[0] ?? '').trim().toLowerCase();
  const persona = findPersona(userName);
  if (persona === undefined)
    return sendLogin(signing, { field: 'userName', userName: userName.slice(0, 64) });
  if (!formValues(request, 'password')[0]) return sendLogin(signing, { field: 'password', userName });
  endSignIn(sandbox, bank, signIn, persona.declines ? undefined : persona);
  return goTo(signing, 'done');
}

function sendLogin({ bank, signIn, reply }: Signing, rejected: LoginViewProps['rejected']): FastifyReply {
  const path = signInPath(bank, signIn.id, 'login');
  const texts = textsIn(signIn.locale);
  const switchPath = `${path}?lang=${texts.otherLanguage.locale}`;
  const props = { texts, bank, tpp: tppOf(signIn), path, switchPath, rejected };
  return sendPage(reply, <LoginView {...props} />, rejected === undefined ? 200 : 422);
}

function showDone(signing: Signing): FastifyReply {
  const { bank, signIn, reply } = signing;
  if (signIn.leavesTo === undefined) return goTo(signing, 'login');
  const props = { texts: textsIn(signIn.locale), bank, tpp: tppOf(signIn), leavesTo: signIn.leavesTo };
  return sendPage(reply, <DoneView {...props} />);
}

function goTo({ bank, signIn, reply }: Signing, page: 'login' | 'done'): FastifyReply {
  return reply.redirect(signInPath(bank, signIn.id, page), 303);
}

function tppOf({ oauth }: SignIn): string {
  return new URL(oauth.redirectUri).host;
}

function inAskedLanguage(sandbox: Sandbox, request: FastifyRequest, signIn: SignIn): SignIn {
  const locale = localeOf(queryText(request, 'lang'));
  return locale === undefined || locale === signIn.locale
    ? signIn
    : changeSignInLocale(sandbox, signIn, locale);
}

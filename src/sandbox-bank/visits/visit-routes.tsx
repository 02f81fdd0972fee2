import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { visitPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import { findPersona } from '../personas/persona.ts';
import { bankOf, pathParameter, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { stop } from './arrival-routes.tsx';
import { confirmProps, tppOf } from './confirmation.ts';
import { formValues, readCookie, sendPage } from './page.ts';
import { localeOf, textsIn } from './texts/in-language.ts';
import { ConfirmView } from './views/confirm-view.tsx';
import { DoneView } from './views/done-view.tsx';
import { LoginView, type LoginViewProps } from './views/login-view.tsx';
import type { Visit } from './visit.ts';
import { changeLocale, decide, findVisit, type OpenVisit, openVisit, signIn } from './visit-service.ts';

interface Visiting {
  readonly bank: Bank;
  readonly open: OpenVisit;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The bank's own pages: sign in, confirm, leave. */
export async function visitRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  const pages = '/berlin-group/:bank/visits/:visit';
  const onOpenVisit = (show: (sandbox: Sandbox, visiting: Visiting) => FastifyReply) => {
    return async (request: FastifyRequest, reply: FastifyReply) =>
      findVisitOf(sandbox, request, reply, (bank, visit) => {
        if (visit.leavesTo !== undefined) return goTo(reply, bank, visit, 'done');
        const open = openVisit(sandbox, bank, inAskedLanguage(sandbox, request, visit));
        if (open === undefined) return stop(request, reply, bank, 'over', 410);
        return show(sandbox, { bank, open, request, reply });
      });
  };
  app.get(`${pages}/login`, onOpenVisit(unlessKnown(showLogin)));
  app.post(`${pages}/login`, onOpenVisit(unlessKnown(acceptLogin)));
  app.get(`${pages}/confirm`, onOpenVisit(showConfirm));
  app.post(`${pages}/confirm`, onOpenVisit(acceptDecision));
  app.get(`${pages}/done`, async (request, reply) =>
    findVisitOf(sandbox, request, reply, (bank, visit) => showDone(sandbox, bank, visit, request, reply)),
  );
}

/** Whom a token has named before cannot sign in as somebody else. */
function unlessKnown(show: (sandbox: Sandbox, visiting: Visiting) => FastifyReply) {
  return (sandbox: Sandbox, visiting: Visiting) => {
    const { bank, open, reply } = visiting;
    const isKnown = open.authorisation.userName !== undefined;
    return isKnown ? goTo(reply, bank, open.visit, 'confirm') : show(sandbox, visiting);
  };
}

function findVisitOf(
  sandbox: Sandbox,
  request: FastifyRequest,
  reply: FastifyReply,
  go: (bank: Bank, visit: Visit) => FastifyReply,
): FastifyReply {
  const bank = bankOf(request);
  if (bank === undefined) return stop(request, reply, undefined, 'notFound', 404);
  const visit = findVisit(sandbox, bank, pathParameter(request, 'visit'), readCookie(request));
  return visit === undefined ? stop(request, reply, bank, 'otherBrowser', 403) : go(bank, visit);
}

function showLogin(_sandbox: Sandbox, visiting: Visiting): FastifyReply {
  return sendLogin(visiting, undefined);
}

function acceptLogin(sandbox: Sandbox, visiting: Visiting): FastifyReply {
  const { bank, open, request, reply } = visiting;
  if (formValues(request, 'decision')[0] === 'cancel') {
    decide(sandbox, bank, open, { outcome: 'declined' });
    return goTo(reply, bank, open.visit, 'done');
  }
  const userName = (formValues(request, 'userName')[0] ?? '').trim().toLowerCase();
  const persona = findPersona(userName);
  if (persona === undefined) {
    return sendLogin(visiting, { field: 'userName', userName: userName.slice(0, 64) });
  }
  if (!formValues(request, 'password')[0]) return sendLogin(visiting, { field: 'password', userName });
  signIn(sandbox, bank, open, persona);
  return goTo(reply, bank, open.visit, persona.declines ? 'done' : 'confirm');
}

function sendLogin({ bank, open, reply }: Visiting, rejected: LoginViewProps['rejected']): FastifyReply {
  const path = visitPath(bank, open.visit.id, 'login');
  const texts = textsIn(open.visit.locale);
  const switchPath = `${path}?lang=${texts.otherLanguage.locale}`;
  const props = { texts, bank, tpp: tppOf(open).name, path, switchPath, rejected };
  return sendPage(reply, <LoginView {...props} />, rejected === undefined ? 200 : 422);
}

function showConfirm(sandbox: Sandbox, { bank, open, reply }: Visiting): FastifyReply {
  const persona = findPersona(open.visit.userName ?? '');
  if (persona === undefined) return goTo(reply, bank, open.visit, 'login');
  return sendPage(reply, <ConfirmView {...confirmProps(sandbox, bank, open, persona)} />);
}

function acceptDecision(sandbox: Sandbox, { bank, open, request, reply }: Visiting): FastifyReply {
  const persona = findPersona(open.visit.userName ?? '');
  const [decision] = formValues(request, 'decision');
  if (persona === undefined) return goTo(reply, bank, open.visit, 'login');
  if (decision === 'confirm') {
    decide(sandbox, bank, open, { outcome: 'confirmed', persona, picked: formValues(request, 'account') });
  } else if (decision === 'decline') {
    decide(sandbox, bank, open, { outcome: 'declined' });
  } else {
    return goTo(reply, bank, open.visit, 'confirm');
  }
  return goTo(reply, bank, open.visit, 'done');
}

function showDone(sandbox: Sandbox, bank: Bank, visit: Visit, request: FastifyRequest, reply: FastifyReply) {
  if (visit.leavesTo === undefined) return goTo(reply, bank, visit, 'login');
  const consent = sandbox.store.consents.get(visit.consentId);
  if (consent === undefined) return stop(request, reply, bank, 'over', 410);
  const tpp = tppOf({ visit, consent }).name;
  return sendPage(
    reply,
    <DoneView texts={textsIn(visit.locale)} bank={bank} tpp={tpp} leavesTo={visit.leavesTo} />,
  );
}

function goTo(
  reply: FastifyReply,
  bank: Bank,
  visit: Visit,
  page: 'login' | 'confirm' | 'done',
): FastifyReply {
  return reply.redirect(visitPath(bank, visit.id, page), 303);
}

function inAskedLanguage(sandbox: Sandbox, request: FastifyRequest, visit: Visit): Visit {
  const locale = localeOf(queryText(request, 'lang'));
  return locale === undefined || locale === visit.locale ? visit : changeLocale(sandbox, visit, locale);
}

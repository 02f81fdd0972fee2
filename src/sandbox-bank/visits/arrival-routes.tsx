import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { visitPath, visitScope } from '../addresses.ts';
import { type Bank, findBank } from '../banks.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import { addAuthorisation, findConsent } from '../consents/consent-service.ts';
import { headerText, observedRoute, pathParameter, slugOf } from '../control/observed-route.ts';
import { sendGatewayPage } from '../control/spoiled-answers.ts';
import { limits } from '../limits.ts';
import { checkAuthorizeRequest } from '../oauth/authorize-request.ts';
import type { Sandbox } from '../sandbox.ts';
import { sendPage, visitCookie } from './page.ts';
import { preferredLocale, textsIn } from './texts/in-language.ts';
import { type StopReason, StopView } from './views/stop-view.tsx';
import type { OAuthRequest } from './visit.ts';
import { beginVisit } from './visit-service.ts';
import { errorReturn } from './way-back.ts';

/** The two doors by which a PSU comes from the TPP: the OAuth authorisation endpoint and the plain redirect. */
export async function arrivalRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  const observed = observedRoute(sandbox, 'authorize');
  app.get('/berlin-group/:bank/authorize', {
    ...observed,
    handler: async (request, reply) =>
      arrive(request, reply, (bank) => authorize(sandbox, bank, request, reply)),
  });
  app.get('/berlin-group/:bank/sca/:authorisationId', {
    ...observed,
    handler: async (request, reply) =>
      arrive(request, reply, (bank) => scaRedirect(sandbox, bank, request, reply)),
  });
}

function arrive(
  request: FastifyRequest,
  reply: FastifyReply,
  at: (bank: Bank) => FastifyReply,
): FastifyReply {
  const bank = findBank(slugOf(request));
  if (bank === undefined) return stop(request, reply, undefined, 'notFound', 404);
  return bank.offline ? sendGatewayPage(reply, 503) : at(bank);
}

function authorize(sandbox: Sandbox, bank: Bank, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (bank.sca !== 'oauth') return stop(request, reply, bank, 'notFound', 404);
  const answer = checkAuthorizeRequest(sandbox, bank, queryOf(request));
  switch (answer.kind) {
    case 'stays':
      return stop(request, reply, bank, answer.problem, 400);
    case 'sentBack':
      return reply.redirect(errorReturn(sandbox, bank, answer.redirectUri, answer.error, answer.state), 303);
    case 'accepted': {
      const { consent, oauth } = answer;
      const started = sandbox.store.authorisations.get(consent.authorisationIds.at(-1) ?? '');
      const authorisation = started ?? addAuthorisation(sandbox, consent, consent.returnTo);
      return welcome(sandbox, bank, request, reply, authorisation, oauth);
    }
  }
}

function scaRedirect(
  sandbox: Sandbox,
  bank: Bank,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const authorisation = sandbox.store.authorisations.get(pathParameter(request, 'authorisationId'));
  if (bank.sca !== 'redirect' || authorisation?.bank !== bank.slug)
    return stop(request, reply, bank, 'notFound', 404);
  if (findConsent(sandbox, bank, authorisation.consentId)?.status !== 'received') {
    return stop(request, reply, bank, 'over', 410);
  }
  return welcome(sandbox, bank, request, reply, authorisation);
}

function welcome(
  sandbox: Sandbox,
  bank: Bank,
  request: FastifyRequest,
  reply: FastifyReply,
  authorisation: Authorisation,
  oauth?: OAuthRequest,
): FastifyReply {
  const { visit, cookie } = beginVisit(sandbox, authorisation, localeOf(request), oauth);
  reply.header('set-cookie', visitCookie(cookie, visitScope(bank, visit.id), limits.visitSeconds));
  return reply.redirect(visitPath(bank, visit.id, 'login'), 303);
}

/** A page that says why it does not go on, in the language of the browser. */
export function stop(
  request: FastifyRequest,
  reply: FastifyReply,
  bank: Bank | undefined,
  reason: StopReason,
  status: number,
): FastifyReply {
  return sendPage(reply, <StopView texts={textsIn(localeOf(request))} bank={bank} reason={reason} />, status);
}

function localeOf(request: FastifyRequest) {
  const { ui_locales: uiLocales } = queryOf(request);
  return preferredLocale(
    typeof uiLocales === 'string' ? uiLocales : undefined,
    headerText(request, 'accept-language'),
  );
}

export function queryOf({ query }: FastifyRequest): Readonly<Record<string, unknown>> {
  return typeof query === 'object' && query !== null ? Object.fromEntries(Object.entries(query)) : {};
}

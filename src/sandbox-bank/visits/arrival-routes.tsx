import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signInPath, signInScope, visitPath, visitScope } from '../addresses.ts';
import { type Bank, usesOAuth } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import { addAuthorisation, findConsent } from '../consents/consent-service.ts';
import { observedRoute } from '../control/observed-route.ts';
import { sendGatewayPage } from '../control/spoiled-answers.ts';
import { openGranting } from '../oauth/application-service.ts';
import {
  type AuthorizeAnswer,
  checkAuthorizeRequest,
  checkGrantingRequest,
  checkSignInRequest,
} from '../oauth/authorize-request.ts';
import { bankOf, headerText, pathParameter, queryOf, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { sendPage, setVisitCookie } from './page.ts';
import { beginSignIn } from './sign-in-service.ts';
import { preferredLocale, textsIn } from './texts/in-language.ts';
import { type StopReason, StopView } from './views/stop-view.tsx';
import type { OAuthRequest } from './visit.ts';
import { beginVisit } from './visit-service.ts';
import { errorReturn } from './way-back.ts';

interface Arrival {
  readonly sandbox: Sandbox;
  readonly bank: Bank;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The two doors by which a PSU comes from the TPP: the OAuth authorisation endpoint and the plain redirect. */
export async function arrivalRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  const door = (receive: (arrival: Arrival) => FastifyReply) => ({
    ...observedRoute(sandbox, 'authorize'),
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const bank = bankOf(request);
      if (bank === undefined) return stop(request, reply, undefined, 'notFound', 404);
      return bank.offline ? sendGatewayPage(reply, 503) : receive({ sandbox, bank, request, reply });
    },
  });
  app.get('/berlin-group/:bank/authorize', door(authorize));
  app.get('/berlin-group/:bank/sca/:authorisationId', door(scaRedirect));
}

function authorize(arrival: Arrival): FastifyReply {
  const { sandbox, bank, request, reply } = arrival;
  if (!usesOAuth(bank)) return stop(request, reply, bank, 'notFound', 404);
  const query = queryOf(request);
  const answer = checkedRequest(sandbox, bank, query);
  switch (answer.kind) {
    case 'stays':
      return stop(request, reply, bank, answer.problem, 400);
    case 'sentBack':
      return reply.redirect(errorReturn(sandbox, bank, answer.redirectUri, answer.error, answer.state), 303);
    case 'accepted': {
      const { oauth, services } = answer;
      const granting = services && openGranting(sandbox, bank, services, oauth.redirectUri);
      const consent = answer.consent ?? granting;
      if (consent === undefined) return welcomeToSignIn(arrival, oauth);
      const started = sandbox.store.authorisations.get(consent.authorisationIds.at(-1) ?? '');
      return welcome(arrival, started ?? addAuthorisation(sandbox, consent, {}), oauth);
    }
  }
}

function checkedRequest(sandbox: Sandbox, bank: Bank, query: ReturnType<typeof queryOf>): AuthorizeAnswer {
  if (bank.sca === 'preStep') return checkSignInRequest(bank, query);
  const { withoutConsents } = bank.deviations;
  return (withoutConsents ? checkGrantingRequest : checkAuthorizeRequest)(sandbox, bank, query);
}

function scaRedirect(arrival: Arrival): FastifyReply {
  const { sandbox, bank, request, reply } = arrival;
  const authorisation = sandbox.store.authorisations.get(pathParameter(request, 'authorisationId'));
  const leadsHere = bank.sca === 'redirect' || bank.sca === 'preStep';
  if (!leadsHere || authorisation?.bank !== bank.slug) {
    return stop(request, reply, bank, 'notFound', 404);
  }
  const isOpen = authorisation.scaStatus === 'received' || authorisation.scaStatus === 'psuAuthenticated';
  const awaitsHim = isOpen && findConsent(sandbox, bank, authorisation.consentId)?.status === 'received';
  return awaitsHim ? welcome(arrival, authorisation) : stop(request, reply, bank, 'over', 410);
}

function welcome(
  { sandbox, bank, request, reply }: Arrival,
  authorisation: Authorisation,
  oauth?: OAuthRequest,
) {
  const { visit, cookie } = beginVisit(sandbox, authorisation, localeOf(request), oauth);
  const isSecure = sandbox.addresses.issuer(bank).startsWith('https:');
  setVisitCookie(reply, cookie, visitScope(bank, visit.id), isSecure);
  const page = visit.userName === undefined ? 'login' : 'confirm';
  return reply.redirect(visitPath(bank, visit.id, page), 303);
}

function welcomeToSignIn({ sandbox, bank, request, reply }: Arrival, oauth: OAuthRequest): FastifyReply {
  const { signIn, cookie } = beginSignIn(sandbox, bank, localeOf(request), oauth);
  const isSecure = sandbox.addresses.issuer(bank).startsWith('https:');
  setVisitCookie(reply, cookie, signInScope(bank, signIn.id), isSecure);
  return reply.redirect(signInPath(bank, signIn.id, 'login'), 303);
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
  return preferredLocale(queryText(request, 'ui_locales'), headerText(request, 'accept-language'));
}

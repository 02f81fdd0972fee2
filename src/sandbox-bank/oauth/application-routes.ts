import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import { TppError } from '../berlin-group/tpp-error.ts';
import { observedRoute } from '../control/observed-route.ts';
import { bankOf, headerText, isReturnAddress, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { checkedBytes } from '../tpp/message-proof.ts';
import { connectedTpp } from '../tpp/mutual-tls.ts';
import { authorisesBySignature, checkRequestSignature } from '../tpp/request-signature.ts';
import {
  exchangeGrantingCode,
  isApplicationToken,
  issueApplicationToken,
  refreshCustomerTokens,
  revokeCustomerToken,
  servicesIn,
} from './application-service.ts';
import { neverStored } from './never-stored.ts';
import { formOf } from './oauth-form.ts';

/** Who calls, by the signature of the request. */
interface Caller {
  readonly sandbox: Sandbox;
  readonly bank: Bank;
  readonly clientId: string;
}

/** Its words are for people: a status and a sentence are all that these endpoints refuse with. */
class Refusal extends Error {}

/**
 * OAuth as a bank without consents has it (deviation `withoutConsents`): each request is signed by an application, for
 * which nothing but its token stands. Formed after the OAuth 2.0 API 2.3.5 of ING (developer.ing.com).
 */
export async function applicationRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const callerOf = (request: FastifyRequest) => callers.get(request) ?? refuse('There is no such bank here.');
  app.addHook('preParsing', async (request, _reply, body) => {
    const bank = bankOf(request);
    if (!bank?.deviations.withoutConsents) return body;
    connectedTpp(sandbox, request);
    return checkedBytes(body, (bytes) => {
      const clientId = checkRequestSignature(sandbox, bank, request, bytes);
      callers.set(request, { sandbox, bank, clientId });
    });
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => answerRefusal(sandbox, error, reply));
  app.post('/token', {
    ...observedRoute(sandbox, 'token'),
    handler: async (request, reply) => neverStored(reply).send(tokensFor(callerOf(request), request)),
  });
  app.get('/authorization-server-url', {
    ...observedRoute(sandbox, 'authorisationUrl'),
    handler: async (request) => pageFor(callerOf(request), request),
  });
  app.post('/token/revoke', {
    ...observedRoute(sandbox, 'revokeToken'),
    handler: async (request, reply) => {
      const caller = callerOf(request);
      checkApplication(caller, request);
      const { token = '' } = formOf(request) ?? {};
      if (token === '') refuse('A token is expected.');
      revokeCustomerToken(sandbox, caller.bank, token, caller.clientId);
      return neverStored(reply).send();
    },
  });
}

function tokensFor(caller: Caller, request: FastifyRequest): object {
  const { sandbox, bank, clientId } = caller;
  const form = formOf(request) ?? refuse('A form is expected.');
  if (form.grant_type === 'client_credentials') {
    if (!authorisesBySignature(request)) refuse('Authorization: Signature is expected.');
    return issueApplicationToken(sandbox, bank, clientId);
  }
  checkApplication(caller, request);
  switch (form.grant_type) {
    case 'authorization_code': {
      const { code = '', redirect_uri: redirectUri = '', code_verifier: codeVerifier = '' } = form;
      const exchange = { code, clientId, redirectUri, codeVerifier };
      return exchangeGrantingCode(sandbox, bank, exchange) ?? refuse('The code is not valid.');
    }
    case 'refresh_token': {
      const { refresh_token: token = '' } = form;
      return refreshCustomerTokens(sandbox, bank, token, clientId) ?? refuse('The token is not valid.');
    }
    default:
      return refuse('This grant type is unknown.');
  }
}

/** The page where the PSU agrees to scopes. */
function pageFor(caller: Caller, request: FastifyRequest): { readonly location: string } {
  checkApplication(caller, request);
  if (servicesIn(queryText(request, 'scope') ?? '') === undefined) refuse('This scope is unknown.');
  if (!isReturnAddress(queryText(request, 'redirect_uri') ?? '')) refuse('A redirect_uri is expected.');
  return { location: caller.sandbox.addresses.authorize(caller.bank) };
}

/** Its own token, beside its signature. */
function checkApplication({ sandbox, bank, clientId }: Caller, request: FastifyRequest): void {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(headerText(request, 'authorization') ?? '') ?? [];
  if (!isApplicationToken(sandbox, bank, clientId, token))
    refuse('The token of the application is expected.');
}

function answerRefusal(sandbox: Sandbox, error: FastifyError | Refusal, reply: FastifyReply): FastifyReply {
  const isOurs = error instanceof Refusal || error instanceof TppError;
  if (isOurs)
    return neverStored(reply)
      .code(error instanceof TppError ? error.status : 400)
      .send({ message: error.message });
  if ((error.statusCode ?? 500) < 500)
    return neverStored(reply).code(400).send({ message: 'The request is not valid.' });
  sandbox.reportFailure(error);
  return neverStored(reply).code(500).send({ message: 'The bank has failed.' });
}

function refuse(words: string): never {
  throw new Refusal(words);
}

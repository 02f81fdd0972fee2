import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { versionOf } from '../bank.ts';
import { observedRoute } from '../control/observed-route.ts';
import { sendGatewayPage } from '../control/spoiled-answers.ts';
import { bankOf } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { checkConnection } from '../tpp/mutual-tls.ts';
import { checkedBody } from '../tpp/signed-message.ts';
import { accountOperations } from './account-routes.ts';
import { authorisationOperations } from './authorisation-routes.ts';
import { cardAccountOperations } from './card-account-routes.ts';
import { consentOperations } from './consent-routes.ts';
import { consentUpdateOperations } from './consent-update.ts';
import { deviatingAnswer } from './deviating-answer.ts';
import type { Operation } from './operation.ts';
import { checkOwnRules } from './own-rules.ts';
import { checkEveryCall, psuIsPresent, requestIdOf } from './request-headers.ts';
import { tokenBankOperations } from './token-bank-routes.ts';
import { formatError, TppError } from './tpp-error.ts';
import { transactionOperations } from './transaction-routes.ts';

/** Of banks that have no consents the reads alone, in a version of their own. */
type Version = 'v1' | 'v3';

const standardOperations: readonly Operation[] = [
  ...consentOperations,
  ...consentUpdateOperations,
  ...authorisationOperations,
  ...accountOperations,
  ...transactionOperations,
  ...cardAccountOperations,
];
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * The XS2A interface of every bank, below `/berlin-group/:bank/v1` (version 1.3.12, account information), and what some
 * have in its place below `/v3`.
 */
export async function berlinGroupRoutes(
  app: FastifyInstance,
  sandbox: Sandbox,
  version: Version,
): Promise<void> {
  const operations = version === 'v1' ? standardOperations : tokenBankOperations;
  app.addHook('onRequest', async (request, reply) => openCall(sandbox, version, request, reply));
  app.addHook('preParsing', async (request, _reply, body) =>
    checkedBody(sandbox, bankOf(request), request, body),
  );
  app.setErrorHandler((error: FastifyError, _request, reply) =>
    sendTppError(problemOf(sandbox, error), reply),
  );
  app.setNotFoundHandler((_request, reply) => sendUnknownAddress(reply));
  for (const operation of operations) addOperation(app, sandbox, operation);
  for (const path of new Set(operations.map((operation) => operation.path)))
    refuseOtherMethods(app, operations, path);
}

export function sendUnknownAddress(reply: FastifyReply): FastifyReply {
  return sendTppError(new TppError('RESOURCE_UNKNOWN', 'There is nothing at this address.'), reply);
}

/** Echoes X-Request-ID, and turns away calls to a bank that is offline or not there, and callers unknown to it. */
async function openCall(
  sandbox: Sandbox,
  version: Version,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const requestId = requestIdOf(request);
  if (requestId !== undefined) reply.header('x-request-id', requestId);
  const bank = bankOf(request);
  if (bank === undefined || versionOf(bank) !== version)
    throw new TppError('RESOURCE_UNKNOWN', 'There is no such bank here.');
  if (bank.offline) return sendGatewayPage(reply, 503);
  checkConnection(sandbox, bank, request);
  return undefined;
}

function addOperation(
  app: FastifyInstance,
  sandbox: Sandbox,
  { name, method, path, handle, contentType = () => 'application/json' }: Operation,
): void {
  app.route({
    method,
    url: path,
    ...observedRoute(sandbox, name),
    handler: async (request, reply) => {
      const bank = bankOf(request);
      if (bank === undefined) throw new TppError('RESOURCE_UNKNOWN', 'There is no such bank here.');
      const call = { name, sandbox, bank, request, reply };
      checkEveryCall(request, bank, contentType(bank));
      checkOwnRules(call);
      psuIsPresent(request);
      const answer = handle(call);
      return answer === reply ? reply : deviatingAnswer(call, answer);
    },
  });
}

function refuseOtherMethods(app: FastifyInstance, operations: readonly Operation[], path: string): void {
  const known = operations
    .filter((operation) => operation.path === path)
    .map((operation) => operation.method);
  app.route({
    method: allMethods.filter((method) => !known.some((each) => each === method)),
    url: path,
    handler: async (request, reply) => {
      checkEveryCall(request, bankOf(request), 'application/json');
      reply.header('allow', known.join(', '));
      throw new TppError('SERVICE_INVALID', `Only ${known.join(' and ')} may be used here.`);
    },
  });
}

function sendTppError(problem: TppError, reply: FastifyReply): FastifyReply {
  if (problem.code.startsWith('TOKEN_')) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).send(problem.body);
}

/** The refusal of a route, or what the web server refused: no JSON, too large, of another content type. */
function problemOf(sandbox: Sandbox, error: FastifyError | TppError): TppError {
  if (error instanceof TppError) return error;
  switch (error.statusCode) {
    case 400:
      return formatError('body', 'The body is not valid JSON.');
    case 413:
      return new TppError('FORMAT_ERROR', 'The body is too large.', { status: 413 });
    case 415:
      return new TppError('FORMAT_ERROR', 'The body must be JSON.', { status: 415 });
    default:
      sandbox.reportFailure(error);
      return new TppError('INTERNAL_SERVER_ERROR', 'The bank has failed.');
  }
}

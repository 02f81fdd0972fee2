import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findBank } from '../banks.ts';
import { observedRoute, slugOf } from '../control/observed-route.ts';
import { sendGatewayPage } from '../control/spoiled-answers.ts';
import type { Sandbox } from '../sandbox.ts';
import { accountOperations } from './account-routes.ts';
import { authorisationOperations } from './authorisation-routes.ts';
import { consentOperations } from './consent-routes.ts';
import type { Operation } from './operation.ts';
import { checkEveryCall, psuIsPresent, requestIdOf } from './request-headers.ts';
import { formatError, TppError } from './tpp-error.ts';
import { transactionOperations } from './transaction-routes.ts';

const operations: readonly Operation[] = [
  ...consentOperations,
  ...authorisationOperations,
  ...accountOperations,
  ...transactionOperations,
];
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** The XS2A interface of every bank, below `/berlin-group/:bank/v1` (version 1.3.12, account information). */
export async function berlinGroupRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  app.addHook('onRequest', async (request, reply) => openCall(request, reply));
  app.addHook('preHandler', async (request) => {
    checkEveryCall(request);
    psuIsPresent(request);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => sendTppError(error, reply));
  app.setNotFoundHandler((_request, reply) => sendUnknownAddress(reply));
  for (const operation of operations) addOperation(app, sandbox, operation);
  for (const path of new Set(operations.map((operation) => operation.path))) refuseOtherMethods(app, path);
}

export function sendUnknownAddress(reply: FastifyReply): FastifyReply {
  return sendTppError(new TppError('RESOURCE_UNKNOWN', 'There is nothing at this address.'), reply);
}

/** Echoes X-Request-ID, and turns away calls to a bank that is offline or not there. */
async function openCall(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const requestId = requestIdOf(request);
  if (requestId !== undefined) reply.header('x-request-id', requestId);
  const bank = findBank(slugOf(request));
  if (bank === undefined) throw new TppError('RESOURCE_UNKNOWN', 'There is no such bank here.');
  return bank.offline ? sendGatewayPage(reply, 503) : undefined;
}

function addOperation(
  app: FastifyInstance,
  sandbox: Sandbox,
  { name, method, path, handle }: Operation,
): void {
  app.route({
    method,
    url: path,
    ...observedRoute(sandbox, name),
    handler: async (request, reply) => {
      const bank = findBank(slugOf(request));
      if (bank === undefined) throw new TppError('RESOURCE_UNKNOWN', 'There is no such bank here.');
      return handle({ sandbox, bank, request, reply });
    },
  });
}

function refuseOtherMethods(app: FastifyInstance, path: string): void {
  const known = operations
    .filter((operation) => operation.path === path)
    .map((operation) => operation.method);
  app.route({
    method: allMethods.filter((method) => !known.some((each) => each === method)),
    url: path,
    handler: async (_request, reply) => {
      reply.header('allow', known.join(', '));
      throw new TppError('SERVICE_INVALID', `Only ${known.join(' and ')} may be used here.`);
    },
  });
}

function sendTppError(error: FastifyError | TppError, reply: FastifyReply): FastifyReply {
  const problem = error instanceof TppError ? error : translated(error);
  if (problem.code.startsWith('TOKEN_')) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).send(problem.body);
}

/** What the web server refused: a body that is no JSON, too large, or of another content type. */
function translated(error: FastifyError): TppError {
  const status = error.statusCode ?? 500;
  if (status === 400) return formatError('body', 'The body is not valid JSON.');
  if (status === 413 || status === 415) {
    return new TppError(
      'FORMAT_ERROR',
      status === 413 ? 'The body is too large.' : 'The body must be JSON.',
      { status },
    );
  }
  return new TppError('INTERNAL_SERVER_ERROR', 'The bank has failed.');
}

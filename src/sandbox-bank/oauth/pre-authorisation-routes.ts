import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { observedRoute } from '../control/observed-route.ts';
import { findPersona } from '../personas/persona.ts';
import { bankOf } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { issueCustomerToken } from './grant-service.ts';

/**
 * POST {username, password}: a token for a customer, before there is a consent. No standard has this; some
 * banks do (deviation `preAuthorisation`).
 */
export async function preAuthorisationRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if ((error.statusCode ?? 500) < 500) return refuse(reply, 400, 'FORMAT_ERROR');
    sandbox.reportFailure(error);
    return refuse(reply, 500, 'INTERNAL_SERVER_ERROR');
  });
  app.post('/berlin-group/:bank/pre-authorisation', {
    ...observedRoute(sandbox, 'preAuthorisation'),
    handler: async (request, reply) => answer(sandbox, request, reply),
  });
}

function answer(sandbox: Sandbox, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const bank = bankOf(request);
  if (!bank?.deviations.preAuthorisation) return refuse(reply, 404, 'RESOURCE_UNKNOWN');
  const { username, password } = fieldsOf(request);
  if (typeof username !== 'string' || typeof password !== 'string') return refuse(reply, 400, 'FORMAT_ERROR');
  const persona = findPersona(username.trim().toLowerCase());
  const isRight = persona !== undefined && password !== '' && password !== 'wrong';
  if (!isRight) return refuse(reply, 401, 'PSU_CREDENTIALS_INVALID');
  return reply.header('cache-control', 'no-store').send(issueCustomerToken(sandbox, bank, persona.userName));
}

function fieldsOf({ body }: FastifyRequest): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? Object.fromEntries(Object.entries(body)) : {};
}

function refuse(reply: FastifyReply, status: number, code: string): FastifyReply {
  return reply.code(status).send({ tppMessages: [{ category: 'ERROR', code }] });
}

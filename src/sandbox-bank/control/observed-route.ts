import type { FastifyReply, FastifyRequest } from 'fastify';
import { headerText, pathParameter, slugOf } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import type { RouteName } from './faults.ts';
import { answerInstead, leavesNoAnswer, spoilAnswer } from './spoiled-answers.ts';

export interface RouteHooks {
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;
  readonly onSend: (request: FastifyRequest, reply: FastifyReply, body: unknown) => Promise<unknown>;
  readonly onResponse: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** The hooks of a bank's route: faults that are set on it strike, and the call is recorded. */
export function observedRoute(sandbox: Sandbox, route: RouteName): RouteHooks {
  const record = (request: FastifyRequest, status: number) =>
    sandbox.requests.add({ ...traceOf(request), route, status, at: sandbox.clock.now().toISOString() });
  return {
    async onRequest(request, reply) {
      const rule = sandbox.faults.take(slugOf(request), route, 'instead');
      if (rule === undefined) return undefined;
      if (leavesNoAnswer(rule.fault)) record(request, 0);
      return answerInstead(rule, request, reply);
    },
    async onSend(request, reply, body) {
      const rule = sandbox.faults.take(slugOf(request), route, 'afterwards');
      if (rule === undefined) return body;
      if (leavesNoAnswer(rule.fault)) record(request, 0);
      return spoilAnswer(rule, reply, body);
    },
    async onResponse(request, reply) {
      if (reply.sent && reply.raw.headersSent) record(request, reply.statusCode);
    },
  };
}

function traceOf(request: FastifyRequest) {
  const consentId = headerText(request, 'consent-id') ?? pathParameter(request, 'consentId');
  const requestId = headerText(request, 'x-request-id');
  return {
    bank: slugOf(request),
    psuPresent: request.headers['psu-ip-address'] !== undefined,
    ...(requestId !== undefined && { requestId }),
    ...(consentId !== '' && { consentId }),
  };
}
